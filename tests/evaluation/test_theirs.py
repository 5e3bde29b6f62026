"""Networks that regtrack did not train are scored as scikit-learn scores what a sweep stores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from small_evaluation import built, trained
from torch import Tensor, nn

from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import Dataset
from regtrack.errors import DatasetError, MarkerError, NetworkError, PlanError
from regtrack.evaluation.report import evaluate
from regtrack.genome.interval import Interval
from regtrack.predict.description import OutputTrack
from regtrack.predict.foreign import ForeignNetwork
from regtrack.predict.plain import PlainNetwork, as_network
from regtrack.predict.region import values_along
from regtrack.predict.two_strands import two_strands
from tests.sweep.toys import random_codes


class Bases(nn.Module):
    """Weighted sums over 9 bp, or bins of 4, of one-hot (B, 4, L) to (B, 2, L - 8 or bins)."""

    def __init__(self, width: int = 1) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.layer = nn.Conv1d(4, 2, 9, stride=width)

    def forward(self, x: Tensor) -> Tensor:
        return 3 * self.layer(x) - 4


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return built(tmp_path_factory.mktemp("data"), {"chr1": 12_000, "chr2": 9_000})


def network_of(dataset: Dataset, **said: object) -> PlainNetwork:
    names = [marker.name for marker in dataset.markers[:2]]
    return as_network(
        Bases(), names, name="bases", **{"crop": 4, "reach": 4, "activation": "sigmoid"} | said
    )  # type: ignore[arg-type]


def by_sklearn(dataset: Dataset, network: PlainNetwork, split: str) -> list[float]:
    """Average precision of what a sweep stores, of all known bases of the split."""
    found = ForeignNetwork.of(network)
    scores, labels = [], []
    for window in dataset.window_ids(split).tolist():
        where = dataset.interval(window)
        scores.append(values_along(found.model, dataset, where, [0, 1]))
        labels.append(labels_of(dataset, where))
    values, truth = np.concatenate(scores, axis=1), np.concatenate(labels, axis=1)
    known = np.isfinite(values[0])
    return [
        average_precision_score(truth[row][known], values[row][known].astype(np.float64))
        for row in (0, 1)
    ]


def labels_of(dataset: Dataset, where: Interval) -> np.ndarray:
    """Labels of the first two markers (2, L)."""
    stretches = dataset.labels(where.chrom, where.start, where.end)
    found = np.zeros((2, len(where)), dtype=bool)
    for marker, start, end in zip(stretches.marker, stretches.start, stretches.end, strict=True):
        if marker < 2:
            found[marker, start:end] = True
    return found


@pytest.mark.parametrize("values", ["sigmoid", "logits"])
def test_scores_agree_with_sklearn(dataset: Dataset, values: str) -> None:
    said = {"values": "logits", "activation": "none"} if values == "logits" else {}
    network = network_of(dataset, **said)
    expected = by_sklearn(dataset, network, "valid")
    for exact in (False, True):
        report = evaluate(dataset, network, split="valid", exact=exact)
        found = [row.average_precision for row in report.markers]
        np.testing.assert_allclose(found, expected, atol=1e-6 if exact else 5e-4)
    assert [row.reads for row in report.markers] == ["flanks", "flanks"]
    assert report.titles == {"bases": "bases"}


def test_scores_near_1_have_bins_of_their_own_where_most_are_near_0(dataset: Dataset) -> None:
    network = network_of(dataset)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(5)
        module = network.module
        assert isinstance(module, Bases)
        module.layer.bias.sub_(6)  # logits from below -40 to 9
    expected = by_sklearn(dataset, network, "valid")
    found = [row.average_precision for row in evaluate(dataset, network, split="valid").markers]
    np.testing.assert_allclose(found, expected, atol=3e-3)
    report = evaluate(dataset, network, split="valid", exact=True)
    found = [row.average_precision for row in report.markers]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_it_stands_next_to_a_checkpoint(dataset: Dataset) -> None:
    report = evaluate(dataset, [trained(dataset), network_of(dataset)], split="valid", flanks=True)
    rows = {(row.model, row.reads) for row in report.markers}
    assert rows == {("cnn1", "alone"), ("cnn1", "flanks"), ("bases", "flanks")}


def test_what_cannot_be_scored_is_refused(dataset: Dataset) -> None:
    names = [marker.name for marker in dataset.markers[:2]]
    with pytest.raises(NetworkError, match="bases gives a signal"):
        evaluate(dataset, network_of(dataset, activation="exp"), split="valid")
    with pytest.raises(MarkerError, match="predicts none of"):
        unknown = as_network(Bases(), ["x", "y"], crop=4, activation="sigmoid")
        evaluate(dataset, unknown, split="valid")
    with pytest.raises(NetworkError, match="score networks of your own by themselves"):
        evaluate(dataset, [[trained(dataset), network_of(dataset)]], split="valid")
    tracks = two_strands(as_network(Bases(), names, crop=4, activation="sigmoid"))
    with pytest.raises(MarkerError, match="predicts none of"):
        evaluate(dataset, tracks, split="valid")
    one_strand = [OutputTrack(name, strand="+") for name in names]
    one = as_network(Bases(), one_strand, crop=4, activation="sigmoid")
    with pytest.raises(PlanError, match="`reverse_complement` averages both strands"):
        evaluate(dataset, one, split="valid", reverse_complement=True)


class Middle(nn.Module):
    """DeepSEA's form: one-hot (B, 4, 1000) to (B, 1, 1), from the middle 200 bp."""

    def forward(self, x: Tensor) -> Tensor:
        return (x[:, 2, 400:600] - 0.25).sum(-1)[:, None, None] / 5


def test_windows_with_one_label_are_one_call_each(tmp_path: Path) -> None:
    from tests.sweep.toys import write_fasta

    codes = {"chr1": random_codes(60_000, 3), "chr8": random_codes(30_000, 4)}
    fasta = write_fasta(tmp_path / "r.fa", codes)
    generator = np.random.default_rng(0)
    peaks = [
        f"{chrom}\t{start}\t{start + 300}\n"
        for chrom, found in codes.items()
        for start in sorted(generator.integers(0, len(found) - 300, 40).tolist())
    ]
    (tmp_path / "a.bed").write_text("".join(peaks))
    (tmp_path / "markers.tsv").write_text("file\tcategory\tcell\ttarget\na.bed\tTF\tK562\tA\n")
    build_dataset(
        fasta,
        tmp_path / "markers.tsv",
        tmp_path / "data",
        spec=DatasetSpec.short(split=SplitSpec(kind="chrom", valid_chroms=("chr8",))),
    )
    dataset = Dataset.open(tmp_path / "data")
    said = {"length": 1_000, "bin": 200, "activation": "sigmoid"}
    network = as_network(Middle(), [dataset.markers[0].name], crop=400, **said)  # type: ignore[arg-type]
    split = "valid"
    report = evaluate(dataset, network, split=split)
    scores, labels = [], []
    for window in dataset.window_ids(split).tolist():
        where = dataset.interval(window)
        middle = codes[where.chrom][where.start + 400 : where.start + 600]
        scores.append(((middle == 2) - 0.25 * (middle < 4)).sum())
        labelled = Interval(where.chrom, where.start + 400, where.start + 600)
        labels.append(labels_of(dataset, labelled)[0].mean() > 0.5)
    (row,) = report.markers
    assert row.average_precision == pytest.approx(average_precision_score(labels, scores), abs=2e-3)
    with pytest.raises(DatasetError, match="expected a network of such windows"):
        single = as_network(Bases(), [row.marker], crop=4, channels=[0], activation="sigmoid")
        evaluate(dataset, single, split=split)
