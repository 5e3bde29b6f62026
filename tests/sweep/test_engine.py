"""Threads, shares and chunks change no byte; errors in threads are reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from regtrack.checkpoint import Checkpoint
from regtrack.errors import PlanError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.sweep import chunks, engine, joining
from regtrack.sweep.assemble import assemble_genome
from regtrack.sweep.chunks import Chunk, choose_chunk, choose_share
from regtrack.sweep.request import Compute, Storage, SweepRequest
from regtrack.sweep.run import predict_genome, run_share
from regtrack.tracks.bigwig.places import Places
from regtrack.tracks.bigwig.read import values
from regtrack.tracks.bigwig.validate import validate

from .toys import as_checkpoint, random_codes, small_model, write_fasta

CODES = {"chr2": random_codes(9_007, 0, [(2_000, 3_111)]), "chr10": random_codes(403, 1)}
ASSEMBLY = Assembly(tuple(CODES), tuple(map(len, CODES.values())))


@pytest.fixture
def fasta(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_fasta(tmp_path / "r.fa", CODES)


def checkpoint() -> Checkpoint:
    return as_checkpoint(small_model("cnn7").float(), ASSEMBLY)


def content(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_threads_change_no_byte(fasta: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for cores in (1, 2, 16):
        for module in (engine, joining):
            monkeypatch.setattr(module, "cores", lambda cores=cores: cores)
        predict_genome(checkpoint(), fasta, str(cores), compute=Compute(window=250, batch_size=3))
        found.append(content(str(cores)))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("resolution", [5, 50])
def test_pieces_encoded_together_change_no_value(
    fasta: Path, monkeypatch: pytest.MonkeyPatch, resolution: int
) -> None:
    """Some of them empty, since all of their bases are N."""
    found, steps, sizes = [], [], []
    monkeypatch.setattr(
        engine, "Places", lambda *places: steps[-1].append(len(places[1])) or Places(*places)
    )
    for enough in (1, 20, 10**6):
        monkeypatch.setattr(engine, "_ENOUGH", (enough, 1))
        steps.append([])
        predict_genome(
            checkpoint(), fasta, str(enough),
            compute=Compute(window=250, batch_size=2), storage=Storage(resolution=resolution),
        )  # fmt: skip
        path = Path(str(enough)) / "cnn7.K562_TF.bw"
        report = validate(path, ASSEMBLY)
        assert report.valid, report.text()
        wholes = [Interval(chrom, 0, len(codes)) for chrom, codes in CODES.items()]
        found.append(np.concatenate([values(path, whole) for whole in wholes]))
        sizes.append(path.stat().st_size)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    assert sum(steps[0]) == sum(steps[1]) == sum(steps[2])
    assert len(steps[0]) >= len(steps[1]) > len(steps[2])
    assert sizes[0] > sizes[2]  # of shorter blocks


def test_chunks_change_no_value(fasta: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for size in (250, 1_000, 10**6):
        monkeypatch.setattr(chunks, "CHUNK", size)
        predict_genome(
            checkpoint(),
            fasta,
            str(size),
            compute=Compute(window=250, batch_size=1),
            storage=Storage(keep_bits=23),
        )
        path = Path(str(size)) / "cnn7.K562_TF.bw"
        report = validate(path, ASSEMBLY)
        assert report.valid, report.text()
        found.append(values(path, Interval("chr2", 0, 9_007)))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_shares_in_any_order_give_byte_identical_tracks(
    fasta: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 500)
    predict_genome(checkpoint(), fasta, "whole", compute=Compute(window=250, batch_size=1))
    request = SweepRequest(
        checkpoint(), fasta, Path("shares"), compute=Compute(window=250, batch_size=1)
    )
    lefts = [run_share(request, f"{part}/3").left for part in (3, 1, 2)]
    assert lefts == [14, 7, 0]
    summary = assemble_genome("shares")
    assert content("shares") == content("whole")
    assert summary.bases == 9_007 - 1_111 + 403


def test_shares_are_all_chunks_once() -> None:
    every = [Chunk(number, "c", number, "c", number + 1, 1) for number in range(10)]
    dealt = [chunk for part in range(1, 4) for chunk in choose_share(every, f"{part}/3")]
    assert sorted(dealt, key=lambda chunk: chunk.number) == every
    assert choose_share(every, "11/16") == ()
    assert choose_share(every, None) == tuple(every)
    for bad in ("0/3", "4/3", "3", "a/b", "-1/3", "1/3/5", ""):
        with pytest.raises(PlanError, match="such as 3/16"):
            choose_share(every, bad)


@pytest.mark.parametrize("window", [100, 940, 25_000, 25_600])
@pytest.mark.parametrize("markers", [1, 8, 919])
@pytest.mark.parametrize("resolution", [1, 20, 100])
def test_chunks_hold_complete_batches_and_fit(window: int, markers: int, resolution: int) -> None:
    for batch_size in (1, 10, 80):
        size = choose_chunk(
            window=window, batch_size=batch_size, markers=markers, resolution=resolution
        )
        assert size % (window * batch_size) == 0
        assert size <= max(window * batch_size, min(chunks.CHUNK, chunks.VALUES // markers))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_value_that_cannot_be_stored_is_named(
    fasta: Path, monkeypatch: pytest.MonkeyPatch, bad: float
) -> None:
    made = checkpoint()
    logits = made.model.logits

    def broken(codes: torch.Tensor, *options: Any) -> torch.Tensor:
        found = logits(codes, *options)
        found[0, 1, 7] = bad
        return found

    monkeypatch.setattr(made.model, "logits", broken)
    with pytest.raises(TrackError, match=r"NaN at chr10:8|infinite value at base 8"):
        predict_genome(made, fasta, "t", storage=Storage(logits=True))
