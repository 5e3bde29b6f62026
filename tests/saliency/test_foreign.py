"""Networks that regtrack did not train are explained: against autograd, mutants, and our own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import regtrack
from regtrack.errors import NetworkError, SaliencyError
from regtrack.genome.interval import Interval
from regtrack.genome.sequence import N
from regtrack.network_name import NetworkName, SweptNetwork
from regtrack.predict.described import DescribedModel
from regtrack.predict.foreign import ForeignNetwork, module_digest
from regtrack.predict.plain import PlainNetwork, as_network
from regtrack.predict.redescribed import Redescribed
from regtrack.predict.region import values_along
from regtrack.predict.stepped import with_step
from regtrack.predict.two_strands import two_strands
from regtrack.saliency import strips
from regtrack.saliency.method import GRADIENT_X_INPUT, INTEGRATED_GRADIENTS, ISM, METHODS, Method
from regtrack.saliency.on_request import explain_region
from regtrack.saliency.receptive_field import effective_receptive_field
from regtrack.saliency.region import Question, explain, saliency_of_region
from regtrack.saliency.tracks import saliency_tracks
from tests.sweep.toys import write_fasta

from .conftest import Files
from .toys import Sequences, checkpoint_of, intervals, one_chromosome, random_codes

LENGTH = 900
OUTPUTS = intervals((3, 40), (430, 431), (600, 660), (880, LENGTH))


class Curved(nn.Module):
    """One-hot (B, 4, L) to (B, 2, L - 12 or bins): two layers that see 6 bp around an output."""

    def __init__(self, stride: int = 1, *, pad: int = 0) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.first = nn.Conv1d(4, 3, 7, padding=pad)
        self.last = nn.Conv1d(3, 2, 7, padding=pad)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        found = self.last(F.softplus(4 * self.first(x)))
        return F.avg_pool1d(found, self.stride) if self.stride > 1 else found


KINDS: dict[str, Any] = {
    "cropped": lambda: as_network(Curved(), ["a", "b"], crop=6, reach=6, activation="sigmoid"),
    "softmax": lambda: as_network(Curved(), ["a", "b"], crop=6, reach=6, activation="softmax"),
    "padded": lambda: as_network(Curved(pad=3), ["a", "b"], reach=6, values="logits"),
    "signal": lambda: as_network(Curved(), ["a", "b"], crop=6, reach=6, activation="exp"),
    "bins": lambda: as_network(Curved(4), ["a", "b"], crop=6, reach=6, bin=4, grid=4),
    "exact windows": lambda: as_network(
        Curved(pad=3), ["a", "b"], length=60, reach=6, activation="sigmoid"
    ),
    "centre": lambda: as_network(Curved(4), ["a", "b"], length=52, crop=6, bin=4),
    "blend": lambda: as_network(Curved(pad=3), ["a", "b"], length=40, values="logits"),
    "averaged": lambda: with_step(as_network(Curved(20), ["a", "b"], length=32, crop=6, bin=20), 5),
    "strands": lambda: two_strands(
        as_network(Curved(), ["a", "b"], crop=6, reach=6, activation="sigmoid", unknown="quarter")
    ),
    "refused": lambda: as_network(
        Curved(), ["a", "b"], crop=6, reach=6, activation="sigmoid", unknown="refuse"
    ),
}


@pytest.fixture
def small_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(strips.AT_ONCE, "cpu", 60)


def question(named: Any, start: int, end: int, row: int = -1) -> Question:
    return Question(Interval("chr1", start, end), named.markers[row], OUTPUTS)


def logits_added(named: ForeignNetwork, source: Sequences, row: int) -> float:
    """The sum of the explained outputs, once per bin, by what a sweep would store."""
    said = named.model.description
    found = values_along(named.model, source, Interval("chr1", 0, LENGTH), [row])[0].astype(float)
    if said.values != "signal":
        found = np.log(found / (1 - found))
    chosen = OUTPUTS.mask(0, LENGTH)
    total = 0.0
    for first in range(0, LENGTH, said.bin):
        here = slice(first, first + said.bin)
        values = found[here][np.isfinite(found[here])]
        total += values[0] if chosen[here].any() and len(values) else 0.0
    return total


@pytest.mark.usefixtures("small_strips")
@pytest.mark.parametrize("kind", KINDS)
def test_mutants_change_what_a_sweep_would_store(kind: str) -> None:
    source = one_chromosome(LENGTH)
    named = ForeignNetwork.of(KINDS[kind]())
    row = len(named.markers) - 1
    found = explain(named, source, question(named, 640, 670), method=ISM)
    codes = source.codes("chr1", 0, LENGTH)
    before = logits_added(named, source, row)
    for base in (640, 655, 665, 669):
        for letter in range(4):
            mutant = codes.copy()
            mutant[base] = letter
            change = logits_added(named, Sequences({"chr1": mutant}), row) - before
            assert found.values[base - 640, letter] == pytest.approx(change, abs=3e-4, rel=1e-3)
    assert np.abs(found.values).max() > 0.01


@pytest.mark.usefixtures("small_strips")
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_strips_are_those_of_the_slope_towards_each_letter(kind: str) -> None:
    """Gradient x input is the mean loss by an infinitely small step to another letter."""
    source = one_chromosome(LENGTH)
    named = ForeignNetwork.of(KINDS[kind]())
    model = named.model
    found = explain(named, source, question(named, 0, LENGTH), method=GRADIENT_X_INPUT)
    crop, step = model.traits.crop, model.stride
    length = -(-LENGTH // step) * step
    codes = np.full(length + 2 * crop, N, dtype=np.uint8)
    codes[crop : crop + LENGTH] = source.codes("chr1", 0, LENGTH)
    whole = model.embedded(torch.as_tensor(codes)[None]).double().requires_grad_()
    model.double()
    values = model.logits_from_embedded(whole, [model.marker_count - 1])[0, 0]
    if model.traits.values == "scores":
        values = torch.logit(values)
    own = codes[crop : crop + length]
    known = own != N
    if model.traits.answers is not None:
        known &= model.traits.answers(codes)
    chosen = np.zeros(length, dtype=bool)
    chosen[:LENGTH] = OUTPUTS.mask(0, LENGTH)
    width = model.traits.bin
    for first in range(0, length, width):
        here = slice(first, first + width)
        some = chosen[here].any() & known[here]
        chosen[here] = False
        chosen[first + np.flatnonzero(some)[:1]] = True
    (gradient,) = torch.autograd.grad(values[torch.as_tensor(chosen)].sum(), whole)
    slopes = gradient[0, crop : crop + LENGTH, :4].numpy()
    expected = np.where(
        own[:LENGTH] == N, 0,
        slopes[np.arange(LENGTH), own[:LENGTH] % 4] - slopes.mean(1),
    )  # fmt: skip
    np.testing.assert_allclose(found.values, expected, rtol=1e-3, atol=2e-4)
    assert np.abs(expected).max() > 0.1


@pytest.mark.usefixtures("small_strips")
@pytest.mark.parametrize("method", [GRADIENT_X_INPUT, INTEGRATED_GRADIENTS, ISM], ids=str)
@pytest.mark.parametrize("name", ["cnn7", "dilated-max", "hybrid"])
def test_our_networks_in_the_words_of_the_contract_are_explained_alike(
    name: str, method: Method
) -> None:
    source = one_chromosome(LENGTH)
    own = checkpoint_of(name, source)
    theirs = ForeignNetwork.of(DescribedModel(own))
    found, expected = (
        explain(one, source, question(one, 590, 640, 1), method=method) for one in (theirs, own)
    )
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-3, atol=1e-5)


def test_tracks_are_the_saliency_of_all_outputs(tmp_path: Path) -> None:
    codes = {"chr1": random_codes(LENGTH, 5, [(300, 320)])}
    fasta = write_fasta(tmp_path / "r.fa", codes)
    for kind in ("softmax", "centre", "blend", "refused", "padded"):
        network = KINDS[kind]()
        named = ForeignNetwork.of(network)
        out = tmp_path / kind
        saliency_tracks(
            network, fasta, out, markers="b",
            compute=regtrack.Compute(window=120, batch_size=1, device="cpu"),
            storage=regtrack.Storage(keep_bits=23),
        )  # fmt: skip
        with pyBigWig.open(str(out / f"{network.description.name}.b.saliency.bw")) as file:
            found = np.array(file.values("chr1", 0, LENGTH))
        every = Question(Interval("chr1", 0, LENGTH), named.markers[1], intervals((0, LENGTH)))
        expected = explain(named, Sequences(codes), every, method=GRADIENT_X_INPUT).values
        known = ~np.isnan(found)
        assert known.sum() >= LENGTH - 20 - 24 * (kind == "refused")
        np.testing.assert_allclose(found[known], expected[known], rtol=1e-3, atol=1e-4)


class Tap(nn.Module):
    """The numbers of the base 2 bp after each output, of one-hot (B, 4, L) to (B, 1, L - 12)."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, 5:-7].mul(torch.arange(1.0, 5)[:, None]).sum(1, keepdim=True)


def test_a_receptive_field_is_where_the_network_looks(files: Files) -> None:
    network = as_network(Tap(), ["K562_TF"], crop=(3, 9), reach=(3, 9), values="logits")
    curve = effective_receptive_field(
        ForeignNetwork.of(network), files.dataset, files.dataset.markers[0], positives=5
    )
    assert dict(zip(curve.distance.tolist(), curve.mass.tolist(), strict=True))[2] == 1
    assert curve.receptive_field == 13
    assert curve.model == "tap"


class CodesAlone(nn.Module):
    """The number of each base, from codes."""

    description = regtrack.NetworkDescription("alone", "a", reach=0, values="logits")

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        return codes[:, None].float().expand(-1, len(rows), -1)


class Cut(CodesAlone):
    """The same, and one-hot sequence without a gradient."""

    description = regtrack.NetworkDescription("cut", "a", reach=0, values="logits")

    def from_one_hot(self, sequence: Tensor, rows: Sequence[int]) -> Tensor:
        return self(sequence.argmax(-1), rows)


class Contradicting(CodesAlone):
    description = regtrack.NetworkDescription("says", "a", reach=0, values="logits")

    def from_one_hot(self, sequence: Tensor, rows: Sequence[int]) -> Tensor:
        return sequence.sum(-1)[:, None].expand(-1, len(rows), -1)


def test_networks_of_codes_alone_have_mutants_and_no_gradients() -> None:
    source = Sequences({"chr1": random_codes(60, 2)})
    for network, said in (
        (CodesAlone(), "alone is called with codes alone, through which no gradient passes"),
        (Cut(), "the values of cut have no gradient at its one-hot sequence"),
    ):
        for method in METHODS.values():
            if method == ISM:
                continue
            with pytest.raises(SaliencyError, match=said):
                saliency_of_region(
                    network, source, "chr1:1-60", "a", method=method.name, threshold=0.0
                )
    found = saliency_of_region(CodesAlone(), source, "chr1:1-60", "a", method="ism", threshold=0.0)
    codes = source.codes("chr1", 0, 60).astype(int)
    np.testing.assert_allclose(found.values, np.arange(4) - codes[:, None], atol=1e-6)


def test_one_hot_sequence_must_mean_the_same_as_codes(tmp_path: Path) -> None:
    source = Sequences({"chr1": random_codes(60, 2)})
    with pytest.raises(NetworkError, match="says gives other values for one-hot sequence"):
        saliency_of_region(Contradicting(), source, "chr1:1-60", "a", threshold=0.0)
    fasta = write_fasta(tmp_path / "r.fa", {"chr1": random_codes(60, 2)})
    with pytest.raises(SaliencyError, match=r"regtrack\.OneHotNetwork"):
        saliency_tracks(CodesAlone(), fasta, tmp_path / "out")


def test_a_signal_is_explained_where_it_is_highest() -> None:
    source = one_chromosome(LENGTH)
    named = ForeignNetwork.of(KINDS["signal"]())
    values = values_along(named.model, source, Interval("chr1", 0, 300), [0])[0]
    found = saliency_of_region(named.model.network, source, "chr1:1-300", "a")  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.outputs, values >= np.nanmax(values) / 2)
    assert found.rule.startswith("Values ≥")


def made(count: int) -> PlainNetwork:
    """A function that a user names."""
    torch.manual_seed(count)
    return as_network(Curved(), ["a", "b"], crop=6, reach=6, activation="sigmoid")


def test_the_page_explains_the_network_of_the_sweep_and_no_other(tmp_path: Path) -> None:
    fasta = write_fasta(tmp_path / "r.fa", {"chr1": random_codes(LENGTH, 5)})
    place = Interval("chr1", 300, 400)
    name = NetworkName("tests.saliency.test_foreign:made", "count=1")
    weights = module_digest(made(1))
    expected = saliency_of_region(made(1), fasta, place, "a", method="gradient-x-input").values
    stepped = module_digest(Redescribed(made(1), made(1).description))
    for digest in (weights, stepped, None):
        found = explain_region(SweptNetwork(name, digest), fasta, place, "a")
        np.testing.assert_array_equal(found.values, expected)
    with pytest.raises(NetworkError, match="other weights than those of the sweep"):
        explain_region(SweptNetwork(name, "0" * 64), fasta, place, "a")
