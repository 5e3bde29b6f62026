"""A network of the user's own swept: seamless files, its record, and what a resumed run refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import torch
from torch import Tensor, nn

import regtrack
from regtrack.errors import NetworkError, PlanError, TrackError
from regtrack.genome.interval import Interval
from regtrack.inspection import describe
from regtrack.predict.network import SequenceNetwork
from regtrack.sweep.request import Compute, Selection, Storage, SweepRequest
from regtrack.sweep.run import forecast_sweep, predict_genome
from regtrack.tracks.bigwig.read import values
from regtrack.tracks.bigwig.validate import validate
from tests.predict.test_foreign import Weighted, by_hand

from .toys import as_checkpoint, random_codes, small_model, write_fasta

CODES = {
    "chr1": random_codes(5_003, 0, [(0, 30), (2_000, 2_111)]),
    "chr2": random_codes(611, 1),
    "chr3": random_codes(590, 2),
    "chrM": random_codes(7, 3),
}
LOSSLESS = Storage(keep_bits=23)


@pytest.fixture(scope="module")
def fasta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fasta(tmp_path_factory.mktemp("reference") / "r.fa", CODES)


def conv(seed: int = 1) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Conv1d(4, 2, 11)


def network(seed: int = 1, **said: Any) -> SequenceNetwork:
    return regtrack.as_network(conv(seed), ["a", "b"], name="own", crop=5, reach=5, **said)


@pytest.mark.parametrize(
    "compute", [{}, {"window": 500, "batch_size": 3}, {"window": 100}], ids=str
)
@pytest.mark.parametrize(
    "said",
    [
        {"crop": (9, 12), "reach": 9},
        {"reach": 9, "grid": 10},
        {"crop": 9, "reach": 9, "length": 118, "grid": 2},
        {"crop": 16, "reach": 9, "bin": 4},
    ],
    ids=str,
)
def test_tracks_equal_one_pass_whatever_the_window(
    tmp_path: Path, fasta: Path, said: dict[str, Any], compute: dict[str, Any]
) -> None:
    own = Weighted(around=9, **said)
    summary = predict_genome(
        own, fasta, tmp_path / "t", compute=Compute(**compute), storage=LOSSLESS
    )
    assert [track.file for track in summary.tracks] == ["weighted.a.bw", "weighted.b.bw"]
    assert [track.category for track in summary.tracks] == ["track", "assay"]
    width = own.description.bin
    for chrom, codes in CODES.items():
        expected = by_hand(own, codes).astype(np.float32)
        known = codes != 4
        # a value stands for a whole bin, also where a part of it is N
        at_bins = np.logical_or.reduceat(known, np.arange(0, len(known), width)).repeat(width)
        expected[:, ~at_bins[: len(known)]] = np.nan
        for row, track in enumerate(summary.tracks):
            found = values(tmp_path / "t" / track.file, Interval(chrom, 0, len(codes)))
            np.testing.assert_array_equal(found, expected[row])
    record = json.loads((tmp_path / "t" / "sweep.json").read_text())
    assert record["seam"] == "exact"
    assert record["plan"]["resolution"] == width
    assert record["checkpoint"]["config"]["bin"] == width


def test_both_strands_are_averaged_seamlessly(tmp_path: Path, fasta: Path) -> None:
    own = Weighted(around=9, crop=(12, 16), reach=9, bin=4)
    compute = Compute(window=200, batch_size=2, reverse_complement=True)
    out = predict_genome(own, fasta, tmp_path / "t", compute=compute, storage=LOSSLESS).out
    for chrom in ("chr1", "chr3"):
        whole = regtrack.scores(own, fasta, chrom, reverse_complement=True)
        for marker in whole.markers:
            track = values(out / f"weighted.{marker}.bw", Interval(chrom, 0, len(CODES[chrom])))
            known = ~np.isnan(whole[marker])
            np.testing.assert_array_equal(track[known], whole[marker][known])


@pytest.mark.parametrize(("crop", "seam"), [(20, "centre"), (0, "blend")])
def test_windows_that_see_all_of_their_call_do_not_depend_on_the_sweeps(
    tmp_path: Path, fasta: Path, crop: int, seam: str
) -> None:
    found = []
    for number, compute in enumerate([Compute(), Compute(window=400, batch_size=2)]):
        own = Weighted(of_call=True, length=160 if crop == 0 else 120, crop=crop)
        out = tmp_path / str(number)
        predict_genome(own, fasta, out, compute=compute, storage=LOSSLESS)
        assert json.loads((out / "sweep.json").read_text())["seam"] == seam
        found.append(values(out / "weighted.b.bw", Interval("chr1", 0, 5_003)))
    np.testing.assert_array_equal(*found)
    whole = regtrack.scores(own, fasta, "chr1")["b"]
    np.testing.assert_array_equal(found[0], whole)


def test_bins_are_written_as_steps_of_their_width(tmp_path: Path, fasta: Path) -> None:
    own = Weighted(around=9, crop=16, reach=9, bin=8)
    out = predict_genome(own, fasta, tmp_path / "t", chroms="chr2", storage=LOSSLESS).out
    with pyBigWig.open(str(out / "weighted.a.bw")) as file:
        assert {end - start for start, end, _ in file.intervals("chr2", 0, 608)} == {8}
    track = values(out / "weighted.a.bw", Interval("chr2", 0, 608)).reshape(-1, 8)
    assert (track == track[:, :1]).all()
    wide = predict_genome(
        own, fasta, tmp_path / "w", chroms="chr2", storage=Storage(keep_bits=23, resolution=16)
    ).out
    means = values(wide / "weighted.a.bw", Interval("chr2", 0, 608)).reshape(-1, 16)[:, 0]
    np.testing.assert_allclose(means, track[:, 0].reshape(-1, 2).mean(1), rtol=1e-6)
    with pytest.raises(PlanError, match="one output of weighted stands for 8 bp; choose a mult"):
        predict_genome(own, fasta, tmp_path / "x", storage=Storage(resolution=12))


def test_the_record_names_the_network_and_resuming_refuses_another(
    tmp_path: Path, fasta: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "t"

    def run(own: SequenceNetwork) -> Any:
        return predict_genome(own, fasta, out, compute=Compute(window=100, batch_size=1))

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("regtrack.sweep.run.finish", stop)
        with pytest.raises(KeyboardInterrupt):
            run(network())
    with pytest.raises(PlanError, match=r"another plan: checkpoint.weights was "):
        run(network(seed=2))
    with pytest.raises(PlanError, match=r"checkpoint.config.reach was \[5, 5\] and is \[4, 4\]"):
        run(regtrack.as_network(conv(), ["a", "b"], name="own", crop=5, reach=4))
    with pytest.raises(PlanError, match=r"values was \"signal\" and is \"scores\""):
        run(network(values="scores"))
    summary = run(network())
    assert summary.predicted == 0
    record = json.loads((out / "sweep.json").read_text())["checkpoint"]
    assert (record["model"], len(record["weights"])) == ("own", 64)
    assert record["config"]["crop"] == [5, 5]
    assert describe(out)["kind"] == "sweep"
    assert not validate(out / "own.a.bw").findings


def test_the_forecast_names_the_seam(tmp_path: Path, fasta: Path) -> None:
    def seam(given: Any) -> str:
        return forecast_sweep(SweepRequest(given, fasta, tmp_path / "t")).seam

    assert seam(network()) == "exact"
    assert seam(Weighted(length=50)) == "blend"
    assembly = regtrack.Reference(fasta).assembly
    assert [seam(as_checkpoint(small_model(name), assembly)) for name in ("cnn3", "bi-lstm")] == [
        "exact", "centre",
    ]  # fmt: skip


class Counting(nn.Module):
    """It counts the bp that it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.description = regtrack.NetworkDescription("counting", "a", reach=0)
        self.read = 0

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        self.read += codes.numel()
        return codes[:, None].float()


def test_the_forecast_takes_a_small_part_of_a_sweep(tmp_path: Path) -> None:
    fasta = write_fasta(tmp_path / "r.fa", {"chr1": random_codes(400_000, 0)})
    own = Counting()
    predict_genome(own, fasta, tmp_path / "t", storage=LOSSLESS)
    assert 400_000 < own.read < 440_000


class Nan(Weighted):
    """It gives NaN where three A follow each other."""

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        found = super().forward(codes, rows)
        follows = (codes == 0).float().unfold(1, 3, 1).sum(2) == 3
        found[:, :, : follows.shape[1]].masked_fill_(follows[:, None], torch.nan)
        return found


def test_nan_is_refused_with_its_position(tmp_path: Path, fasta: Path) -> None:
    text = "".join("ACGTN"[code] for code in CODES["chr2"])
    first = text.index("AAA") + 1
    with pytest.raises(TrackError, match=f"gives NaN at chr2:{first:,};"):
        predict_genome(Nan(reach=2), fasta, tmp_path / "t", chroms="chr2")
    assert not (tmp_path / "t").exists()


def test_what_is_wrong_is_found_before_the_sweep(tmp_path: Path, fasta: Path) -> None:
    for given, problem in (
        (nn.Linear(3, 3), "without a description"),
        (regtrack.as_network(conv(), ["a", "b"], name="own"), r"of shape \(2, 2, 2038\) for"),
        (regtrack.as_network(conv(), ["a"], name="own", crop=5), "gives 2 channels for its 1"),
    ):
        with pytest.raises(NetworkError, match=problem):
            predict_genome(given, fasta, tmp_path / "t")
    with pytest.raises(PlanError, match="`window` is 260 bp; expected a multiple"):
        predict_genome(Weighted(length=100), fasta, tmp_path / "t", compute=Compute(window=260))
    assert list(tmp_path.iterdir()) == []


def test_regions_of_short_chromosomes_share_a_pass(tmp_path: Path, fasta: Path) -> None:
    own = Weighted(around=9, crop=9, reach=9)
    selection = Selection(chroms=["chr2", "chr3", "chrM"])
    predict_genome(own, fasta, tmp_path / "t", selection=selection, storage=LOSSLESS)
    assert any(shape[0] > 1 for shape in own.shapes[2:])  # after the first calls
