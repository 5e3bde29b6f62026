"""Tracks that are joined stay so: their part of the shards is freed, and only the others follow."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from regtrack.checkpoint import save_checkpoint
from regtrack.errors import PlanError
from regtrack.files.records import to_text
from regtrack.genome.assembly import Assembly
from regtrack.machine.holes import can_punch
from regtrack.sweep import chunks, joining
from regtrack.sweep.assemble import assemble_genome
from regtrack.sweep.request import Compute, Storage, SweepRequest
from regtrack.sweep.run import forecast_sweep, predict_genome, run_share, run_sweep
from regtrack.sweep.shard import is_intact
from regtrack.sweep.work import load_work, space_taken
from regtrack.validation import validate_stored

from .toys import CATEGORIES, as_checkpoint, random_codes, small_model, write_fasta

CODES = {"chr2": random_codes(90_007, 0, [(2_000, 3_111)]), "chr10": random_codes(44_003, 1)}
ASSEMBLY = Assembly(tuple(CODES), tuple(map(len, CODES.values())))
FILES = [f"dilated.K562_{kind}.bw" for kind in CATEGORIES]
REQUEST = SweepRequest(
    "c.safetensors", "r.fa", Path("tracks"),
    compute=Compute(window=10_000, batch_size=1), storage=Storage(keep_bits=23),
)  # fmt: skip


AGAIN: list[Callable[[], object]] = [
    lambda: run_sweep(REQUEST),
    lambda: assemble_genome("tracks"),
]


class StopError(Exception):
    """In place of a kill."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with inputs, and `undisturbed` as it should be; tracks join singly."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunks, "CHUNK", 50_000)
    monkeypatch.setattr(joining, "_GROUP", 1)
    monkeypatch.setattr(joining, "cores", lambda: 0)  # and so one thread
    torch.set_num_threads(1)
    write_fasta(Path("r.fa"), CODES)
    save_checkpoint("c.safetensors", as_checkpoint(small_model("dilated").float(), ASSEMBLY))
    predict_genome(
        "c.safetensors", "r.fa", "undisturbed", compute=REQUEST.compute, storage=REQUEST.storage
    )
    return tmp_path


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch, stop_at: int | None = None) -> Iterator[list[int]]:
    """The tracks that are joined meanwhile, until it is the turn of one at which to stop."""
    joined: list[int] = []
    write_group = joining._write_group

    def write(work: Any, markers: range) -> Any:
        if markers.start == stop_at:
            raise StopError
        joined.extend(markers)
        return write_group(work, markers)

    with monkeypatch.context() as patch:
        patch.setattr(joining, "_write_group", write)
        yield joined


def stop_before(monkeypatch: pytest.MonkeyPatch, track: int) -> list[int]:
    """Begin the sweep, stopped before a track is joined; returns those that were joined."""
    with watched(monkeypatch, track) as joined, pytest.raises(StopError):
        run_sweep(REQUEST)
    return joined


def joined_by(monkeypatch: pytest.MonkeyPatch, run: Callable[[], object]) -> list[int]:
    """The tracks that a run joins, after which all are as they should be."""
    with watched(monkeypatch) as joined:
        run()
    names = [*FILES, "sweep.json"]
    assert sorted(path.name for path in Path("tracks").iterdir()) == sorted(names)
    for name in names:
        assert Path("tracks", name).read_bytes() == Path("undisturbed", name).read_bytes()
    assert not Path("tracks.partial").exists()
    return joined


@pytest.mark.parametrize("again", AGAIN)
def test_joined_tracks_are_not_joined_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, again: Callable[[], object]
) -> None:
    assert stop_before(monkeypatch, 2) == [0, 1]
    assert {path.name for path in Path("tracks.partial/tracks").iterdir()} == set(FILES[:2])
    caplog.set_level(logging.WARNING)
    assert joined_by(monkeypatch, again) == [2]
    assert "resuming: 2 of 3 tracks joined" in caplog.messages


def test_a_sweep_whose_tracks_are_all_joined_has_only_to_move_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise StopError

    with monkeypatch.context() as patch:
        patch.setattr("regtrack.sweep.assemble.to_text", stop)
        with pytest.raises(StopError):
            run_sweep(REQUEST)
    assert joined_by(monkeypatch, lambda: run_sweep(REQUEST)) == []


def test_their_part_of_the_shards_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    if not can_punch(Path()):
        pytest.skip("this file system cannot free a part of a file")
    run_share(REQUEST, "1/1")
    before = space_taken(Path("tracks"))
    stop_before(monkeypatch, 2)
    work = load_work(Path("tracks"))
    tracks = sum(Path("tracks.partial/tracks", name).stat().st_size for name in FILES[:2])
    shards = space_taken(Path("tracks")) - tracks
    assert before / 4 < shards < before / 2  # of three tracks one
    for chunk in work.chunks:
        assert is_intact(work.shard(chunk), work.digest, chunk, {0, 1})
        assert not is_intact(work.shard(chunk), work.digest, chunk, {0})
    assert work.missing(work.chunks) == ()


def test_where_nothing_can_be_freed_shards_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regtrack.sweep.shard.punch", lambda *_: False)
    monkeypatch.setattr(joining, "can_punch", lambda _: False)
    forecast = forecast_sweep(REQUEST)
    assert forecast.disk_peak == 2 * forecast.disk
    stop_before(monkeypatch, 2)
    work = load_work(Path("tracks"))
    for chunk in work.chunks:
        assert is_intact(work.shard(chunk), work.digest, chunk)
    assert joined_by(monkeypatch, lambda: run_sweep(REQUEST)) == [2]


def test_the_disk_holds_twice_what_is_being_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    if not can_punch(Path()):
        pytest.skip("this file system cannot free a part of a file")
    forecast = forecast_sweep(REQUEST)
    assert forecast.disk_peak == pytest.approx(forecast.disk * 4 / 3, abs=1)
    monkeypatch.undo()
    monkeypatch.setattr(joining, "cores", lambda: 2)
    assert joining.joined_twice(919, Path()) == 3 * 32 / 919
    assert joining.joined_twice(4, Path()) == 1


def removed(path: Path) -> None:
    path.unlink()


def shorter(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def changed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("again", AGAIN)
@pytest.mark.parametrize("damage", [removed, shorter, changed])
def test_a_joined_track_that_is_damaged_is_made_again(
    monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None], again: Callable[[], object]
) -> None:
    stop_before(monkeypatch, 2)
    damage(Path("tracks.partial/tracks", FILES[1]))
    if can_punch(Path()) and again is not AGAIN[0]:
        with pytest.raises(PlanError, match="3 of 3 shards are missing or broken"):
            again()  # what they held of it is freed, and only the sweep computes it again
    else:
        assert joined_by(monkeypatch, again) == [1, 2]


def test_a_track_that_is_damaged_before_it_is_moved_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(*_: object) -> None:
        raise StopError

    with monkeypatch.context() as patch:
        patch.setattr("regtrack.sweep.assemble.move_folder", stop)
        with pytest.raises(StopError):
            run_sweep(REQUEST)
    changed(Path("tracks.partial/tracks", FILES[1]))
    assert joined_by(monkeypatch, lambda: run_sweep(REQUEST)) == [1]


def test_shards_of_another_user_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bool:
        raise PermissionError

    monkeypatch.setattr("regtrack.sweep.shard.punch", refuse)
    assert joined_by(monkeypatch, lambda: run_sweep(REQUEST)) == [0, 1, 2]


def test_a_record_that_is_not_as_it_was_written_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop_before(monkeypatch, 2)
    records = sorted(Path("tracks.partial/joined").iterdir())
    assert [path.name for path in records] == ["000000.json", "000001.json"]
    content = json.loads(records[0].read_text())
    content["tracks"][0]["mean"] += 1
    records[0].write_text(json.dumps(content))  # its digest is another
    content = json.loads(records[1].read_text())
    records[1].write_text(to_text({**content, "plan": "sha256:0"}))  # of another sweep
    assert joined_by(monkeypatch, lambda: run_sweep(REQUEST)) == [0, 1, 2]


def test_a_damaged_section_that_is_needed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    stop_before(monkeypatch, 2)
    shard = sorted(Path("tracks.partial/shards").iterdir())[0]
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes(content)
    work = load_work(Path("tracks"))
    assert work.missing(work.chunks) == work.chunks[:1]
    assert joined_by(monkeypatch, lambda: run_sweep(REQUEST)) == [2]


def test_validate_reads_joined_tracks_and_what_is_left_of_shards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop_before(monkeypatch, 2)
    folder = Path("tracks.partial")
    assert validate_stored(folder, "unfinished sweep").findings == ()
    changed(folder / "tracks" / FILES[0])
    (finding, *_) = validate_stored(folder, "unfinished sweep").findings
    assert (finding.part, finding.message) == (
        FILES[0], "it is not the file that its record lists: its SHA-256 differs"
    )  # fmt: skip
