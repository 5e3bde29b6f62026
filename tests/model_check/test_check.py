"""What a check measures is what networks are, and what they claim wrongly is said and mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import torch
from torch import nn

from regtrack.errors import FastaError, NetworkError, OutOfMemoryError, PlanError
from regtrack.genome.assembly import Assembly
from regtrack.model_check.check import check_model
from regtrack.model_check.paste import as_source
from regtrack.model_check.values import Claim, ModelCheck
from regtrack.predict.description import NetworkDescription, OutputTrack
from regtrack.predict.plain import as_network
from regtrack.predict.redescribed import Redescribed
from regtrack.sweep.request import Storage
from regtrack.sweep.run import predict_genome
from tests.model_check.toys import Attention, Misbehaved, Normalised, Silent, local
from tests.sweep.toys import Sequences, as_checkpoint, random_codes, small_model, write_fasta

SOURCE = Sequences({"chr1": random_codes(40_000, 5, [(0, 11), (700, 730)])})


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of some 256 bp instead of 2 kb, and no long timing."""
    monkeypatch.setattr("regtrack.model_check.probe._OUTPUTS", 256)
    monkeypatch.setattr("regtrack.model_check.cost._BATCHES", (1, 2))


def of(found: ModelCheck, what: str) -> Claim:
    return next(claim for claim in found.claims if claim.what == what)


TRUE: dict[str, dict[str, Any]] = {
    "cropped": {},
    "padded within": {"cropped": False},
    "bins": {"width": 4, "around": 8, "crop": 8, "reach": 8, "grid": 1},
    "windows": {"length": 200},
    "windows padded within": {"length": 200, "cropped": False},
}


@pytest.mark.parametrize("said", TRUE.values(), ids=TRUE)
def test_a_true_description_is_found_true(said: dict[str, Any]) -> None:
    found = check_model(local(**said), SOURCE)
    assert found.wrong == ()
    around = said.get("around", 12)
    by_gradient = "8 and 7" if "width" in said else f"{around}"  # a maximum has that of one base
    assert of(found, "reach").measured == f"{around} by mutation, {by_gradient} by gradient"
    assert of(found, "grid").measured == f"{said.get('width', 1)} bp"
    assert of(found, "unknown").measured.startswith("zeros")
    assert found.seams is not None
    assert found.seams.kind == "exact"
    largest, _ = found.seams.sweep.beyond(0)
    assert largest < 1e-9
    padded = said.get("cropped") is False
    assert (found.seams.flanks[0].largest > 0.01) == padded
    assert found.seams.ends.beyond(around)[0] < 1e-9
    assert [cost.batch for cost in found.costs] == [1, 2]
    assert all(cost.speed > 0 for cost in found.costs)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "crop": ({"crop": 6}, "crop: 24 bp of a call have no output, not 12; set crop=12"),
    "place": ({"crop": (0, 24), "around": 5, "reach": 11}, "crop: 10 bp of a call"),
    "side": ({"crop": (24, 0)}, "reach: outputs depend on 24 and 0 bp"),
    "reach": ({"reach": 5}, "reach: outputs depend on 12 bp to the left and right, not on 5; set"),
    "reach of a call": (
        {"reach": 5, "length": 26}, "reach: outputs depend on all of a call of 26 bp"
    ),
    "bin": ({"width": 4, "around": 8, "bin": 2}, "bin: one output stands for 4 bp, not 2"),
    "unknown": ({"unknown": "quarter"}, ""),
    "scores": ({"values": "scores"}, "values: scores lie from 0 to 1, and these from -"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "line"), WRONG.values(), ids=WRONG)
def test_a_wrong_claim_is_one_line_and_mended(said: dict[str, Any], line: str) -> None:
    network = local(**said)
    found = check_model(network)
    assert any(one.startswith(line) for one in found.wrong) or not line
    assert all("\n" not in one for one in found.wrong)
    assert (found.description == network.description) == (not found.wrong)
    again = check_model(Redescribed(network, found.description))
    assert again.wrong == ()


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("determinism", "determinism: two calls differ by up to"),
        ("batch", "batch: a sequence alone and in a batch of 4 differs by up to"),
        ("rows", "rows: the last track alone and among all differs by up to"),
        ("dtype", "dtype: it gives int64; return floating point"),
        ("values", "values: some are NaN or infinite"),
        ("unknown", "unknown: N gives NaN or infinite values"),
        ("shape", "shape: it gives (4, 256, 2) for 2 tracks; return (B, tracks, bins)"),
    ],
)
def test_a_fault_of_behaviour_is_one_line(fault: str, line: str) -> None:
    found = check_model(Misbehaved(fault))
    assert any(one.startswith(line) for one in found.wrong), found.wrong
    assert check_model(Misbehaved("")).wrong == ()


@pytest.mark.parametrize("seed", range(2))
def test_a_network_that_is_silent_along_most_sequence_is_found_true(seed: int) -> None:
    def checked(**said: Any) -> ModelCheck:
        return check_model(as_network(Silent(**said), "a", crop=12, reach=(0, 1)), seed=seed)

    found = checked()
    assert found.wrong == ()
    assert of(found, "grid").measured == "1 bp"
    assert of(found, "reach").measured.endswith("0 and 1 by gradient")
    nothing = checked(motif=())
    assert nothing.wrong == ()
    assert of(nothing, "crop").measured == "not measurable: no mutation changes an output"
    elsewhere = checked(first=18)
    assert "crop: an output depends on no base of its own bin" in "".join(elsewhere.wrong)


def test_batches_end_at_the_first_that_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(Misbehaved):
        def forward(self, codes: torch.Tensor, rows: Sequence[int]) -> torch.Tensor:
            sizes.append(len(codes))
            if len(codes) == 8:
                raise OutOfMemoryError("full")
            return super().forward(codes, rows)

    sizes: list[int] = []
    monkeypatch.setattr("regtrack.model_check.cost._BATCHES", (1, 8, 16))
    found = check_model(Full(""))
    assert [cost.batch for cost in found.costs] == [1]
    assert max(sizes) == 8


def test_a_grid_that_is_not_said_is_found() -> None:
    class Pooled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(2)
            self.conv = nn.Conv1d(4, 2, 5, padding=2, dtype=torch.float64)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            pooled = nn.functional.max_pool1d(self.conv(x.double()), 6)
            return pooled.repeat_interleave(6, 2)

    found = check_model(as_network(Pooled(), ["a", "b"], reach=8))
    assert any(
        line.startswith("grid: not all calls of about 256 bp give an") for line in found.wrong
    )
    assert found.description.grid == 6
    assert check_model(as_network(Pooled(), ["a", "b"], reach=8, grid=6)).wrong == ()
    windows = check_model(as_network(Pooled(), ["a", "b"], reach=8, length=240))
    assert windows.wrong == ("grid: values change if a call is shifted by 1 bp; set grid=6",)


@pytest.mark.parametrize("kind", ["cnn7", "dilated", "bi-lstm"])
def test_own_networks_are_what_they_count(kind: str) -> None:
    model = small_model(kind)
    checkpoint = as_checkpoint(model, Assembly(("chr1",), (1000,)))
    found = check_model(checkpoint, window=500)
    assert found.wrong == ()
    assert of(found, "grid").claimed == f"{model.stride} bp"
    if model.reach is None:
        assert of(found, "reach").measured == "all of the call"
        return
    assert of(found, "grid").measured == f"{model.stride} bp"
    left, right = of(found, "reach").measured.split(" by mutation")[0].split(" and ")
    measured = int(left.replace(",", "")), int(right.replace(",", ""))
    assert all(
        0 <= counted - seen < model.stride
        for counted, seen in zip(model.reach, measured, strict=True)
    )


FORETOLD = {
    "attention, centre": (Attention(crop=32), {"length": 256, "crop": 32}),
    "attention, blend": (Attention(), {"length": 256}),
    "normalised, centre": (Normalised(crop=32), {"length": 256, "crop": 32}),
    "normalised, blend": (Normalised(), {"length": 256}),
}


@pytest.mark.parametrize(("module", "said"), FORETOLD.values(), ids=FORETOLD)
def test_a_sweep_has_the_seam_error_that_was_foretold(
    module: nn.Module, said: dict[str, Any], tmp_path: Path
) -> None:
    """Swept values are compared with one call per base, in whose middle the base lies."""
    network = as_network(module, ["a", "b"], **said)
    foretold = check_model(network, seed=4)
    assert foretold.wrong == ()
    assert foretold.seams is not None
    assert foretold.seams.kind == ("centre" if "crop" in said else "blend")
    codes = random_codes(3_000, 9)
    fasta = write_fasta(tmp_path / "some.fa", {"chr1": codes})
    predict_genome(network, fasta, tmp_path / "out", storage=Storage(keep_bits=23))
    places = np.arange(512, 1_536)  # away from the ends of the chromosome
    crop = said.get("crop", 0)
    windows = np.stack([codes[place - 128 : place + 128] for place in places])
    middle = network(torch.as_tensor(windows), [0, 1])[:, :, 128 - crop].detach().T
    with pyBigWig.open(str(tmp_path / "out" / f"{network.description.name}.a.bw")) as track:
        swept = track.values("chr1", 512, 1_536, numpy=True)
    differences = np.abs(swept - middle[0].numpy())
    largest, mean = foretold.seams.sweep.beyond(0)
    assert largest / 3 < differences.max() < 2 * largest
    assert mean / 2 < differences.mean() < 2 * mean
    assert differences.max() > 1e-4  # the seam is there


def test_a_description_is_printed_as_source() -> None:
    said = NetworkDescription(
        "rna",
        [OutputTrack("up", "RNA", "+", "down"), OutputTrack("down", "RNA", "-", "up")],
        values="scores", length=1_000, bin=10, crop=(100, 200), unknown="quarter",
    )  # fmt: skip
    import regtrack

    assert eval(as_source(said), {"regtrack": regtrack}) == said
    many = replace(said, tracks=[f"t{number}" for number in range(40)])
    assert 'rna", tracks, values="scores"' in as_source(many)


def test_bad_input_is_refused() -> None:
    with pytest.raises(NetworkError, match="found a torch module without a description"):
        check_model(nn.Conv1d(4, 1, 3))  # type: ignore[arg-type]
    with pytest.raises(PlanError, match="`window` is 0 bp"):
        check_model(local(), window=0)
    with pytest.raises(PlanError, match="`seed` is -1; expected 0 or more"):
        check_model(local(), seed=-1)
    short_source = Sequences({"chr1": random_codes(100, 5, [(50, 60)])})
    with pytest.raises(FastaError, match="no stretch of 280 bp without N"):
        check_model(local(), short_source)
    linear = nn.Sequential(nn.Flatten(), nn.Linear(400, 1))
    with pytest.raises(NetworkError, match="sequential raised RuntimeError: mat1 and mat2 shapes"):
        check_model(as_network(linear, ["a"], length=64, bin=64))
