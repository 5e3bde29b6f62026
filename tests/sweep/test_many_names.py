"""Many short chromosomes share passes, chunks and blocks, and each gets what it gets alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from regtrack.checkpoint import Checkpoint
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.predict.forward import values_of_codes
from regtrack.saliency.tracks import saliency_tracks
from regtrack.sweep import chunks
from regtrack.sweep.assemble import assemble_genome
from regtrack.sweep.chunks import Chunk
from regtrack.sweep.request import Compute, Selection, Storage, SweepRequest
from regtrack.sweep.run import forecast_sweep, predict_genome, run_share
from regtrack.tracks.bigwig.read import values
from regtrack.tracks.bigwig.validate import validate

from .toys import as_checkpoint, lively_model, random_codes, small_model, write_fasta

# lengths from one base to a few windows, whose order by name is another
LENGTHS = (
    np.random.default_rng(3)
    .permutation(np.r_[1, 2, 9, 10, 11, 999, 1_500, np.random.default_rng(4).integers(20, 400, 60)])
    .tolist()
)
CODES = {
    f"ctg{number * 37 % 97:02d}": random_codes(length, number, [(5, 9)] if number % 3 else [])
    for number, length in enumerate(LENGTHS)
}
ASSEMBLY = Assembly(tuple(CODES), tuple(LENGTHS))
COMPUTE = Compute(window=500, batch_size=4)
SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("cnn1", {}), ("cnn7", {}), ("id-cnn", {}), ("dilated", {}),
    ("dilated", {"pooling": "max"}), ("dilated", {"pooling": "dilated"}), ("bi-lstm", {}),
    ("hybrid", {}), ("hybrid", {"both_strands": False}),
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the FASTA; a sweep of it has several chunks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunks, "CHUNK", 6_000)
    write_fasta(Path("r.fa"), CODES)
    return tmp_path


def checkpoint(name: str = "cnn3", **settings: Any) -> Checkpoint:
    return as_checkpoint(small_model(name, **settings).float(), ASSEMBLY)


def content(name: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(name).iterdir()}


@pytest.mark.parametrize("both_strands", [False, True])
@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_rows_of_any_length_get_what_they_get_alone(
    name: str, settings: dict[str, Any], both_strands: bool
) -> None:
    model = lively_model(name, **settings)
    generator = torch.Generator().manual_seed(8)
    with torch.no_grad():  # dilated layers begin as identities, which look at no neighbour
        for weights in model.parameters():
            noise = torch.randn(weights.shape, generator=generator, dtype=weights.dtype)
            weights.add_(noise, alpha=0.1)
    by_length = sorted(CODES.values(), key=len)
    rows = by_length[5::9] + by_length[:5] + by_length[-1:]
    lengths = np.array([len(row) for row in rows])
    padded = np.full((len(rows), lengths.max()), 4, dtype=np.uint8)
    for row, codes in zip(padded, rows, strict=True):
        row[: len(codes)] = codes
    options: dict[str, Any] = {"both_strands": both_strands, "logits": True}
    together = values_of_codes(model, padded, lengths=lengths, **options)
    for row, codes in enumerate(rows):
        alone = values_of_codes(model, codes[None], **options)[0]
        torch.testing.assert_close(together[row, :, : len(codes)], alone, rtol=1e-6, atol=1e-6)
    unlike = values_of_codes(model, padded, **options)  # the oracle can fail
    far = max(
        (unlike[row, :, :length] - together[row, :, :length]).abs().max().item()
        for row, length in enumerate(lengths.tolist())
    )
    assert far > 1e-4 or name == "cnn1"


@pytest.mark.parametrize("name", ["cnn3", "bi-lstm"])
@pytest.mark.parametrize("resolution", [1, 10])
def test_a_sweep_of_many_equals_sweeps_of_each(name: str, resolution: int) -> None:
    storage = Storage(keep_bits=23, resolution=resolution)
    predict_genome(checkpoint(name), "r.fa", "all", compute=COMPUTE, storage=storage)
    track = f"{name}.K562_TF.bw"
    assert validate(Path("all") / track, ASSEMBLY).valid
    for chrom in ("ctg00", "ctg37", "ctg74"):
        alone = Selection(chroms=[chrom])
        predict_genome(
            checkpoint(name), "r.fa", chrom, selection=alone, compute=COMPUTE, storage=storage
        )
        region = Interval(chrom, 0, ASSEMBLY.length(chrom))
        expected, found = (values(Path(one) / track, region) for one in (chrom, "all"))
        np.testing.assert_allclose(found, expected, rtol=0, atol=3e-7)
        assert np.isfinite(found).any()


@pytest.mark.parametrize("name", ["cnn3", "bi-lstm"])
def test_saliency_of_many_equals_that_of_each(name: str) -> None:
    options: dict[str, Any] = {"compute": COMPUTE, "storage": Storage(keep_bits=23)}
    saliency_tracks(checkpoint(name), "r.fa", "all", **options)
    saliency_tracks(checkpoint(name), "r.fa", "one", chroms=["ctg37"], **options)
    region = Interval("ctg37", 0, ASSEMBLY.length("ctg37"))
    found, expected = (
        values(Path(one) / f"{name}.K562_TF.saliency.bw", region) for one in ("all", "one")
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_shares_and_a_resumed_sweep_are_byte_identical(monkeypatch: pytest.MonkeyPatch) -> None:
    predict_genome(checkpoint(), "r.fa", "whole", compute=COMPUTE)
    forecast = forecast_sweep(SweepRequest(checkpoint(), Path("r.fa"), Path("x"), compute=COMPUTE))
    assert 2 <= forecast.chunks <= 6  # not one for each name
    for share in ("2/2", "1/2"):
        run_share(SweepRequest(checkpoint(), Path("r.fa"), Path("apart"), compute=COMPUTE), share)
    assemble_genome("apart")
    assert content("apart") == content("whole")
    with monkeypatch.context() as patch:

        def stop(*_: object, **__: object) -> Chunk:
            raise KeyboardInterrupt

        patch.setattr("regtrack.sweep.run.finish", stop)
        with pytest.raises(KeyboardInterrupt):
            predict_genome(checkpoint(), "r.fa", "again", compute=COMPUTE)
    shards = sorted(Path("again.partial/shards").iterdir())
    shards[1].unlink()
    predict_genome(checkpoint(), "r.fa", "again", compute=COMPUTE)
    assert content("again") == content("whole")
