"""One output per call, every so many bp; other scales; and networks that are never given N."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import regtrack
from regtrack.errors import NetworkError
from regtrack.genome.interval import Interval
from regtrack.genome.sequence import Codes
from regtrack.predict.description import NetworkDescription
from regtrack.predict.stepped import with_step
from regtrack.predict.transformed import transformed
from regtrack.sweep.request import Compute, Storage
from regtrack.sweep.run import predict_genome
from regtrack.tracks.bigwig.read import values
from tests.sweep.toys import Sequences, as_checkpoint, random_codes, small_model, write_fasta

CODES = random_codes(2_007, 5, [(0, 11), (700, 730)])
SOURCE = Sequences({"chr1": CODES})


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regtrack.predict.region.bases_at_once", lambda *_: 217)
    monkeypatch.setattr("regtrack.predict.reading.WINDOW", 50)
    monkeypatch.setattr("regtrack.predict.foreign._TRIED", 64)


class Whole(nn.Module):
    """Two weighted sums of all of a call, of which one bin in the middle is emitted."""

    def __init__(self, **said: Any) -> None:
        super().__init__()
        self.description = NetworkDescription(
            "whole", ["a", "b"], **({"length": 100, "bin": 20, "crop": 40} | said)
        )
        self.given_unknown = False

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        self.given_unknown |= bool((codes == 4).any())
        weights = torch.arange(codes.shape[1], dtype=torch.float64) % 7 - 2.5
        total = (codes.double() * weights).sum(1)[:, None, None] / 64
        return torch.cat([total * (row + 1) for row in rows], dim=1)


def call_at(network: Whole, codes: Codes, start: int) -> np.ndarray:
    """The outputs (2,) of the call whose bin begins at a base."""
    padded = np.pad(codes, 200, constant_values=4)
    window = padded[start + 200 - 40 : start + 200 + 60]
    return network(torch.as_tensor(window)[None], [0, 1])[0, :, 0].numpy()


def known(expected: np.ndarray) -> np.ndarray:
    expected[:, CODES == 4] = np.nan
    return expected.astype(np.float32)


@pytest.mark.parametrize("step", [4, 5, 10, 20])
def test_overlapping_bins_are_averaged(step: int) -> None:
    network = Whole()
    expected = np.empty((2, len(CODES)))
    for first in range(0, len(CODES), step):
        covering = range(first - 20 + step, first + step, step)
        calls = [call_at(network, CODES, start) for start in covering]
        expected[:, first : first + step] = np.mean(calls, axis=0)[:, None]
    stepped = with_step(network, step)
    assert stepped.description.bin == step
    for start in (0, 333):
        found = regtrack.scores(stepped, SOURCE, f"chr1:{start + 1}-2,007").values
        np.testing.assert_allclose(found, known(expected)[:, start:], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("step", [30, 60, 100])
def test_gaps_are_filled_by_the_call_in_their_middle(step: int) -> None:
    network = Whole()
    expected = np.empty((2, len(CODES)))
    for first in range(0, len(CODES), step):
        value = call_at(network, CODES, first + (step - 20) // 2)
        expected[:, first : first + step] = value[:, None]
    found = regtrack.scores(with_step(network, step), SOURCE, "chr1:1-2,007").values
    np.testing.assert_allclose(found, known(expected), rtol=1e-6)


def test_a_sweep_takes_step_and_transform(tmp_path: Path) -> None:
    fasta = write_fasta(tmp_path / "r.fa", {"chr1": CODES})
    network = Whole()
    predict_genome(
        network, fasta, tmp_path / "out",
        compute=Compute(step=5), storage=Storage(keep_bits=23, transform="softplus"),
    )  # fmt: skip
    found = values(tmp_path / "out" / "whole.b.bw", Interval("chr1", 0, len(CODES)))
    plain = regtrack.scores(with_step(network, 5), SOURCE, "chr1:1-2,007")["b"]
    expected = np.log1p(np.exp(plain.astype(np.float64)))
    there = ~np.isnan(plain)  # a stored step is absent only if all of its bases are N
    np.testing.assert_allclose(found[there], expected[there], rtol=1e-5)
    record = regtrack.describe(tmp_path / "out")
    assert record["checkpoint"]["transform"] == "softplus"
    assert record["plan"]["resolution"] == 5


@pytest.mark.parametrize(
    ("transform", "function"), [("exp", np.exp), ("expm1", np.expm1), (torch.square, np.square)]
)
def test_values_go_through_a_function(transform: Any, function: Any) -> None:
    network = Whole()
    found = regtrack.scores(transformed(network, transform), SOURCE, "chr1:1-400").values
    plain = regtrack.scores(network, SOURCE, "chr1:1-400").values
    np.testing.assert_allclose(found, function(plain.astype(np.float64)), rtol=1e-5)
    assert transformed(network, "none") is network


REFUSING: dict[str, dict[str, Any]] = {
    "windows": {},
    "blended": {"length": 100, "bin": 1, "crop": 0},
    "of a reach": {"length": None, "bin": 1, "crop": 10, "reach": (10, 7)},
}


class Near(Whole):
    """Each output is the sum of codes within 10 bp to the left and 7 to the right, or of all."""

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        said = self.description
        self.given_unknown |= bool((codes == 4).any())
        if said.reached is None:
            return (
                super()
                .forward(codes, rows)
                .expand(-1, -1, (codes.shape[1] - sum(said.cropped)) // said.bin)
            )
        padded = nn.functional.pad(codes.double(), (0, 0))
        sums = padded.unfold(1, 18, 1).sum(2)[:, : codes.shape[1] - 20]
        return torch.stack([sums * (row + 1) for row in rows], dim=1)


@pytest.mark.parametrize("said", REFUSING.values(), ids=REFUSING)
@pytest.mark.parametrize("both_strands", [False, True])
def test_a_network_that_refuses_n_is_never_given_any(
    said: dict[str, Any], both_strands: bool, tmp_path: Path
) -> None:
    network = Near(unknown="refuse", **said)
    fasta = write_fasta(tmp_path / "r.fa", {"chr1": CODES})
    predict_genome(
        network, fasta, tmp_path / "out", storage=Storage(keep_bits=23),
        compute=Compute(window=200, reverse_complement=both_strands),
    )  # fmt: skip
    found = values(tmp_path / "out" / "whole.a.bw", Interval("chr1", 0, len(CODES)))
    assert not network.given_unknown
    scored = regtrack.scores(network, SOURCE, "chr1:1-2,007", reverse_complement=both_strands)
    np.testing.assert_allclose(scored["a"], found, rtol=1e-6)
    assert not np.isnan(found).all()
    assert np.isnan(found[680:750]).all() == ("reach" not in said)
    # an output has a value exactly if no N lies in what it depends on
    unknown = np.pad(CODES, 100, constant_values=4) == 4
    for place in range(len(CODES)):
        if "reach" in said:
            left, right = (10, 10) if both_strands else (10, 7)
            seen = unknown[place + 100 - left : place + 101 + right]
        elif said:
            first = place // 50 * 50 - 50
            seen = unknown[first + 100 : first + 250]
        else:
            first = place // 20 * 20 - 40
            seen = unknown[first + 100 : first + 200]
        assert np.isnan(found[place]) == seen.any(), place


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="`step` is 7 bp; expected a divisor of 20, or 20 to 1"):
        with_step(Whole(), 7)
    with pytest.raises(NetworkError, match="`step` is 101 bp"):
        with_step(Whole(), 101)
    with pytest.raises(NetworkError, match="`step` is 0 bp"):
        with_step(Whole(), 0)
    with pytest.raises(NetworkError, match="one output per call; whole takes 100 bp and gives"):
        with_step(Whole(bin=1), 10)
    with pytest.raises(NetworkError, match='`transform` is "sqrt"; expected none, exp, expm1, s'):
        transformed(Whole(), "sqrt")
    with pytest.raises(NetworkError, match="there is no module nowhere_else"):
        transformed(Whole(), "nowhere_else:f")
    with pytest.raises(NetworkError, match=r"`transform` mean gives \(\) for values of shape"):
        regtrack.scores(transformed(Whole(), torch.mean), SOURCE, "chr1:1-400")
    fasta = write_fasta(tmp_path / "r.fa", {"chr1": CODES})
    own = as_checkpoint(small_model("cnn1"), SOURCE.assembly)
    with pytest.raises(
        NetworkError,
        match="`step` is for networks with one output per call, and CNN1 has one per base",
    ):
        predict_genome(own, fasta, tmp_path / "out", compute=Compute(step=5))
