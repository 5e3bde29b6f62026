"""Streamed curves checked against scikit-learn: exact on binned scores, close on raw ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings, strategies as st
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score

from regtrack.errors import CheckpointError
from regtrack.evaluation.metrics import StreamingCurves, category_means
from regtrack.measures.curve import MIN_POSITIVES

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]

CENTRE = -5.0


def binned(logits: Floats) -> npt.NDArray[np.float64]:
    """The bin of each logit, computed independently of the code under test."""
    distance = logits.astype(np.float32) - np.float32(CENTRE)
    fraction, exponent = np.frexp(np.clip(np.abs(distance), 2.0**-17, 15.999))
    octave = exponent - 1 + 16  # from 2^-16 on
    step = np.floor((2 * fraction.astype(np.float64) - 1) * 256)
    steps = np.maximum(octave * 256 + step + 1, 0)
    steps = np.where(np.abs(distance) >= 16, 20 * 256, steps)
    return np.asarray(np.where(distance < 0, -steps, steps), np.float64)


def sklearn_scores(labels: Labels, scores: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    precision, recall, _ = precision_recall_curve(labels, scores)
    return (
        average_precision_score(labels, scores),
        auc(recall, precision),
        roc_auc_score(labels, scores),
    )


def streamed(
    logits: Floats, labels: Labels, mask: npt.NDArray[np.bool_] | None = None
) -> StreamingCurves:
    """Curves of logits (B, M, L), fed one window at a time."""
    curves = StreamingCurves(torch.full((logits.shape[1],), CENTRE))
    for index in range(len(logits)):
        window = slice(index, index + 1)
        curves.update(
            torch.from_numpy(logits[window]),
            torch.from_numpy(labels[window]),
            None if mask is None else torch.from_numpy(mask[window]),
        )
    return curves


def scores_of(curves: StreamingCurves) -> tuple[float, float, float]:
    return (
        float(curves.average_precision()[0]),
        float(curves.pr_auc_trapezoid()[0]),
        float(curves.roc_auc()[0]),
    )


def realistic(
    seed: int, size: tuple[int, int, int] = (2, 3, 20_000), rate: float = 0.03
) -> tuple[Floats, Labels]:
    """Logits like those of a trained model: low base rates, labelled bases a little higher."""
    random = np.random.default_rng(seed)
    labels = (random.random(size) < rate).astype(np.uint8)
    logits = random.normal(-5, 1.5, size) + labels * random.normal(1.5, 1, size)
    return logits.astype(np.float32), labels


def test_scores_of_many_markers_equal_sklearn_on_binned_scores() -> None:
    logits, labels = realistic(0)
    curves = streamed(logits, labels)
    for marker in range(3):
        found = (
            curves.average_precision()[marker],
            curves.pr_auc_trapezoid()[marker],
            curves.roc_auc()[marker],
        )
        flat = labels[:, marker].ravel()
        assert found == pytest.approx(
            sklearn_scores(flat, binned(logits[:, marker].ravel())), abs=1e-12
        )
        assert curves.positives()[marker] == flat.sum()
        assert curves.base_rate()[marker] == pytest.approx(flat.mean(), abs=1e-15)


@pytest.mark.parametrize("crowd", [0.0, 0.5])
@pytest.mark.parametrize("rate", [0.002, 0.03, 0.3])
def test_scores_of_raw_logits_are_within_the_stated_tolerance(rate: float, crowd: float) -> None:
    """Also if half of the logits are within 0.001 of the centre, as with inactive units."""
    logits, labels = realistic(1, (1, 1, 200_000), rate)
    random = np.random.default_rng(2)
    near = (CENTRE + random.exponential(1e-4, logits.shape)).astype(np.float32)
    logits = np.where((random.random(logits.shape) < crowd) & (labels == 0), near, logits)
    assert scores_of(streamed(logits, labels)) == pytest.approx(
        sklearn_scores(labels.ravel(), logits.ravel().astype(np.float64)), abs=5e-4
    )


LOGIT = st.one_of(
    st.floats(-12, 4, width=32),
    st.floats(width=32, allow_nan=False),  # includes infinities and values beyond the bins
    st.floats(-(2**-13), 2**-13, width=32).map(lambda near: float(np.float32(CENTRE + near))),
    st.sampled_from([0.0, -0.0, CENTRE, CENTRE - 16, CENTRE + 16, CENTRE + 2**-16]),
)


@st.composite
def positions(draw: st.DrawFn) -> tuple[Floats, Labels]:
    """A short window of one marker with enough labelled bases, and some others."""
    logits = draw(st.lists(LOGIT, min_size=MIN_POSITIVES + 1, max_size=60))
    labels = draw(
        st.lists(st.booleans(), min_size=len(logits), max_size=len(logits)).filter(
            lambda values: MIN_POSITIVES <= sum(values) < len(values)
        )
    )
    return np.array(logits, np.float32)[None, None], np.array(labels, np.uint8)[None, None]


@given(positions())
@settings(deadline=None, max_examples=150)
def test_any_logits_agree_with_sklearn_on_binned_scores(case: tuple[Floats, Labels]) -> None:
    logits, labels = case
    curves = streamed(logits, labels)
    assert scores_of(curves) == pytest.approx(
        sklearn_scores(labels.ravel(), binned(logits.ravel())), abs=1e-12
    )


@given(positions())
@settings(deadline=None, max_examples=150)
def test_raw_scores_differ_only_by_the_order_within_bins(case: tuple[Floats, Labels]) -> None:
    """For any logits, each positive's precision stays within the range that its bin allows."""
    logits, labels = (array.ravel() for array in case)
    bins = binned(logits)
    total, low, high = labels.sum(), 0.0, 0.0
    for here in np.unique(bins):
        above, inside = labels[bins > here], labels[bins == here]
        hits, misses = int(inside.sum()), int((inside == 0).sum())
        if hits:
            low += hits / total * (above.sum() + 1) / (len(above) + misses + 1)
            high += hits / total * (above.sum() + hits) / (len(above) + hits)
    raw = average_precision_score(labels, np.clip(logits, -1e30, 1e30))
    assert low - 1e-12 <= raw <= high + 1e-12
    assert low - 1e-12 <= streamed(*case).average_precision()[0] <= high + 1e-12


def test_a_masked_position_does_not_count() -> None:
    logits, labels = realistic(2)
    mask = np.random.default_rng(0).random((2, 20_000)) < 0.7
    curves = streamed(logits, labels, mask)
    kept_labels = np.moveaxis(labels, 1, 0)[:, mask]
    kept_logits = np.moveaxis(logits, 1, 0)[:, mask]
    assert curves.positives().tolist() == kept_labels.sum(1).tolist()
    assert curves.average_precision() == pytest.approx(
        [
            average_precision_score(a, binned(b))
            for a, b in zip(kept_labels, kept_logits, strict=True)
        ],
        abs=1e-12,
    )


def test_batches_merging_and_bf16_input_do_not_change_the_counts() -> None:
    logits, labels = realistic(3)
    halves = torch.from_numpy(logits).bfloat16().float().numpy()
    whole = StreamingCurves(torch.full((3,), CENTRE))
    whole.update(torch.from_numpy(halves).bfloat16(), torch.from_numpy(labels))
    first, second = (streamed(halves[i : i + 1], labels[i : i + 1]) for i in range(2))
    first.merge(second)
    assert torch.equal(first.counts, whole.counts)


@pytest.mark.parametrize("length", [7, 999])
def test_a_device_counts_as_the_processor_does(
    monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setattr("regtrack.evaluation.pieces._LARGEST", 999 * 3)
    logits, labels = realistic(4, (2, 7, length))
    mask = np.random.default_rng(1).random((2, length)) < 0.8
    logits[0, 2, :4] = np.inf, -np.inf, CENTRE, CENTRE - 1e-9
    here = streamed(logits, labels, mask)
    monkeypatch.setattr(StreamingCurves, "_count_here", StreamingCurves._count_on_device)
    there = streamed(logits, labels, mask)
    assert torch.equal(here.counts, there.counts)
    assert int(here.counts.sum()) == 7 * mask.sum()
    assert bool(here.nans) == bool(there.nans) is False


def test_a_marker_with_too_few_labelled_bases_has_no_score() -> None:
    logits, labels = realistic(5, (1, 2, 1000), 0.5)
    labels[0, 0] = 0
    labels[0, 0, : MIN_POSITIVES - 1] = 1
    curves = streamed(logits, labels)
    for scores in (
        curves.average_precision(),
        curves.pr_auc_trapezoid(),
        curves.roc_auc(),
        curves.base_rate(),
    ):
        assert np.isnan(scores).tolist() == [True, False]
    assert curves.positives()[0] == MIN_POSITIVES - 1


def test_a_marker_labelled_everywhere_has_no_roc_curve() -> None:
    curves = streamed(np.zeros((1, 1, 50), np.float32), np.ones((1, 1, 50), np.uint8))
    assert curves.average_precision()[0] == 1
    assert np.isnan(curves.roc_auc()[0])


@pytest.mark.parametrize("where", ["_count_here", "_count_on_device"])
def test_nan_logits_are_refused(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setattr(StreamingCurves, "_count_here", getattr(StreamingCurves, where))
    logits, labels = realistic(6, (1, 2, 100))
    logits[0, 1, 50] = np.nan
    curves = streamed(logits, labels)
    fine = streamed(*realistic(7, (1, 2, 100)))
    fine.base_rate()
    fine.merge(curves)
    for broken in (curves, fine):
        with pytest.raises(CheckpointError, match="NaN"):
            broken.average_precision()


def test_counting_does_not_wait_for_the_device() -> None:
    """A `meta` tensor has no values, so reading one would fail."""
    logits = torch.empty(2, 3, 100, device="meta")
    curves = StreamingCurves(torch.empty(3, device="meta"))
    curves.update(logits, logits.to(torch.uint8), torch.ones(2, 100, dtype=torch.bool).to("meta"))
    assert curves.counts.is_meta


def test_category_means_leave_out_markers_without_a_score() -> None:
    values = np.array([0.2, np.nan, 0.4, np.nan])
    means = category_means(values, ["TF", "TF", "TF", "DNase"])
    assert means["TF"] == pytest.approx(0.3)
    assert np.isnan(means["DNase"])
    assert list(means) == ["TF", "DNase"]
