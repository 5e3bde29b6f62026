"""Mutants of a checkpoint load as what was saved, or are refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st
from mutants import damaged, mutated, written

from regtrack.checkpoint import Checkpoint, load_checkpoint, save_checkpoint, verify_checkpoint
from regtrack.checkpoint_header import FORMAT
from regtrack.errors import RegtrackError
from regtrack.files.records import content_digest
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.models.registry import build_model


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("fuzz") / "a.safetensors"
    model = build_model("dilated", 1, hidden=3, channels=[4, 5, 3], width=2, dilations=[1])
    markers = (Marker("K562_CTCF", "TF", "K562", "CTCF"),)
    save_checkpoint(path, Checkpoint(model, markers, Assembly(("chr1",), (99,)), 50, {"a": [1]}))
    return path


def right_or_refused(path: Path, original: Checkpoint) -> None:
    try:
        found = load_checkpoint(path)
    except RegtrackError as error:
        assert "\n" not in str(error)
        assert str(error).isprintable()
        assert len(str(error)) < 900
        assert list(verify_checkpoint(path))
        return
    state = original.model.state_dict()
    assert all(torch.equal(one, state[name]) for name, one in found.model.state_dict().items())


@settings(max_examples=settings().max_examples // 2)
@given(data=st.data())
def test_bytes(saved: Path, data: st.DataObject) -> None:
    original = load_checkpoint(saved)
    path = saved.with_name("b.safetensors")
    path.write_bytes(data.draw(damaged(saved.read_bytes())))
    right_or_refused(path, original)


@settings(max_examples=settings().max_examples // 2)
@given(data=st.data(), sealed=st.booleans())
def test_metadata_and_header(saved: Path, data: st.DataObject, sealed: bool) -> None:
    original = load_checkpoint(saved)
    content = saved.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8 : 8 + length])
    if data.draw(st.booleans()):
        record = data.draw(mutated(json.loads(header["__metadata__"][FORMAT])))
        if sealed:
            record["digest"] = content_digest({k: v for k, v in record.items() if k != "digest"})
        header["__metadata__"][FORMAT] = json.dumps(record)
    else:
        header = data.draw(mutated(header))
    text = written(header)
    path = saved.with_name("c.safetensors")
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])
    right_or_refused(path, original)
