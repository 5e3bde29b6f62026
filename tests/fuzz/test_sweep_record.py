"""Mutants of sweep.json, finished or not, are read as they were written, or refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from mutants import damaged, mutated, written

from regtrack.errors import RegtrackError
from regtrack.files.records import content_digest, to_text
from regtrack.genome.assembly import Assembly
from regtrack.inspection import describe
from regtrack.sweep.chunks import Chunk
from regtrack.sweep.plan_file import SavedPlan, Track, load_plan, write_plan
from regtrack.sweep.record import FORMAT
from regtrack.tracks.build_catalog import build_catalog
from regtrack.tracks.sweep_record import SWEEP_FILE, read_sweep

PLAN: dict[str, Any] = {
    "format": FORMAT,
    "versions": {"regtrack": "0.1.0"},
    "checkpoint": {"model": "cnn1", "config": {"width": 10}, "weights": "a", "dataset": None},
    "reference": {"path": "r.fa", "sha256": "b", "assembly": "c"},
    "plan": {"batch_size": 2, "resolution": 1, "bases": 10},
    "values": "scores",
}
ENTRY = {"file": "a.bw", "marker": "K562_CTCF", "category": "TF", "values": "scores"}
FINISHED = {**PLAN, "bases": 10, "absent": 0, "tracks": [{**ENTRY, "size": 5, "mean": 0.5}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def unfinished(folder: Path) -> SavedPlan:
    plan = SavedPlan(
        record=PLAN,
        assembly=Assembly(("chr1",), (10,)),
        chunks=(Chunk(0, "chr1", 0, "chr1", 10, 10),),
        tracks=(Track("a.bw", "K562_CTCF", "TF", "scores"),),
    )
    write_plan(folder, plan)
    return plan


def tried(read: Callable[[Path], Any], folder: Path) -> Any:
    """What is read; None if it is refused, in one line."""
    try:
        return read(folder)
    except RegtrackError as error:
        assert str(error).isprintable()
        assert len(str(error)) < 900
        return None


def mutate(path: Path, data: st.DataObject, sealed: bool) -> tuple[dict[str, Any], bool]:
    """Damage a record's bytes, or change its values; the values, and whether they are sealed."""
    content = path.read_bytes()
    if data.draw(st.booleans()):
        path.write_bytes(data.draw(damaged(content)))
        return {}, False
    changed: dict[str, Any] = data.draw(mutated(json.loads(content)))
    if sealed:
        changed["digest"] = content_digest({k: v for k, v in changed.items() if k != "digest"})
    path.write_bytes(written(changed))
    return changed, sealed


@settings(max_examples=settings().max_examples // 2)
@given(data=st.data(), sealed=st.booleans())
def test_a_finished_sweep(folder: Path, data: st.DataObject, sealed: bool) -> None:
    path = folder / SWEEP_FILE
    path.write_text(to_text(FINISHED))
    right = read_sweep(folder)
    changed, sealed = mutate(path, data, sealed)
    found = tried(read_sweep, folder)
    for track in found.tracks if found else ():
        assert Path(track.file).name == track.file
    old = changed.get("format", 0) in (0, 1, 2, 3) and "digest" not in changed
    assert found is None or sealed or old or replace(found) == right
    tried(describe, folder)
    tried(lambda at: build_catalog([at]), folder)


@settings(max_examples=settings().max_examples // 2)
@given(data=st.data(), sealed=st.booleans())
def test_an_unfinished_sweep(folder: Path, data: st.DataObject, sealed: bool) -> None:
    path = folder / SWEEP_FILE
    right = unfinished(folder)
    _, sealed = mutate(path, data, sealed)
    found = tried(load_plan, folder)
    assert found is None or sealed or found == right
    tried(describe, folder)
