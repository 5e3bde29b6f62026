"""Calibration of whole networks: the scores of the new checkpoint, wherever they are computed."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_evaluation import FEW, built, trained

from regtrack.checkpoint import Checkpoint, load_checkpoint, model_digest, save_checkpoint
from regtrack.checkpoint_header import read_header
from regtrack.dataset.identity import dataset_digest
from regtrack.dataset.store import Dataset
from regtrack.errors import CheckpointError, MarkerError
from regtrack.evaluation.calibrate import Calibrated, calibrate, fold
from regtrack.evaluation.report import evaluate
from regtrack.genome.sequence import N
from regtrack.inspection import describe
from regtrack.labels.marker import Marker
from regtrack.measures.reliability import Reliability
from regtrack.measures.temperature import Temperature, fit_temperature, sigmoid
from regtrack.models.registry import build_model
from regtrack.predict.scores import scores


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return built(tmp_path_factory.mktemp("calibrate"), {"chr1": 9_000, "chr2": 6_000})


@pytest.fixture(scope="module")
def given(dataset: Dataset) -> Checkpoint:
    """A network that predicts three of the four markers, and another that is not in the dataset."""
    checkpoint = trained(dataset, columns=[2, 0, 3])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model("cnn1", 4, hidden=16)
        torch.nn.init.normal_(model.head.output.weight, std=1.0)
    other = Marker("cell_other", "TF", "cell", "other")
    return replace(checkpoint, model=model, markers=(*checkpoint.markers, other))


@pytest.fixture(scope="module")
def found(dataset: Dataset, given: Checkpoint) -> Calibrated:
    return calibrate(given, dataset)


def valid(dataset: Dataset, checkpoint: Checkpoint) -> list[tuple[np.ndarray, np.ndarray]]:
    """Logits, float64, and labels of the markers that are in the dataset, of its valid split.

    That is all of a chromosome, in one pass of the bare model.
    """
    codes = dataset.codes("chr2", 0, 6_000)
    with torch.no_grad():
        logits = checkpoint.model.eval().logits(torch.from_numpy(codes)[None])[0].numpy()
    logits = logits[:, codes != N]
    labels = dataset.dense("chr2", 0, 6_000)[:, codes != N]
    column = {marker.name: at for at, marker in enumerate(dataset.markers)}
    return [
        (logits[row].astype(np.float64), labels[column[marker.name]].astype(bool))
        for row, marker in enumerate(checkpoint.markers)
        if marker.name in column
    ]


def test_it_fits_what_all_positions_give(
    dataset: Dataset, given: Checkpoint, found: Calibrated
) -> None:
    for row, (logits, labels) in enumerate(valid(dataset, given)[:2]):
        exact = fit_temperature(logits, np.stack([~labels, labels]).astype(np.int64))
        marker = found.record.markers[row]
        assert marker.temperature == pytest.approx(exact.temperature, rel=0.01)
        assert marker.bias == pytest.approx(exact.bias, abs=0.01)
        before = Reliability.of_values(sigmoid(logits), labels).error()
        after = Reliability.of_values(exact.scores(logits), labels).error()
        assert marker.error_before == pytest.approx(float(before), abs=2e-3)
        assert marker.error_after == pytest.approx(float(after), abs=2e-3)
        assert marker.error_after < marker.error_before
        assert marker.loss_after < marker.loss_before


def test_the_new_network_gives_the_fitted_logits_and_the_old_one_is_left(
    dataset: Dataset, given: Checkpoint, found: Calibrated
) -> None:
    before = model_digest(given.model)
    new = valid(dataset, found.checkpoint)
    for row, (logits, _) in enumerate(valid(dataset, given)):
        one = found.record.markers[row]
        np.testing.assert_allclose(
            new[row][0], logits / one.temperature + one.bias, rtol=1e-4, atol=1e-4
        )
    assert model_digest(given.model) == before == found.record.weights
    assert model_digest(found.checkpoint.model) != before


def test_its_thresholds_are_precision_and_recall_of_its_scores(
    dataset: Dataset, found: Calibrated
) -> None:
    for row, (logits, labels) in enumerate(valid(dataset, found.checkpoint)[:2]):
        table = found.record.markers[row].thresholds
        calibrated = sigmoid(logits)
        for at in range(0, len(table), 7):
            called = calibrated >= table.scores[at] * (1 - 1e-6)
            assert called.sum() == pytest.approx(table.labelled[at] + table.others[at], abs=3)
            assert labels[called].sum() == pytest.approx(table.labelled[at], abs=3)


def test_evaluate_and_scores_see_calibrated_scores(
    dataset: Dataset, given: Checkpoint, found: Calibrated
) -> None:
    report = evaluate(dataset, [found.checkpoint], split="valid", flanks=True)
    exact = evaluate(dataset, [found.checkpoint], split="valid", flanks=True, exact=True)
    before = evaluate(dataset, [given], split="valid", flanks=True)
    for one, other, old in zip(report.markers, exact.markers, before.markers, strict=True):
        if one.reads == "alone":
            continue
        if one.marker == FEW:
            assert np.isnan(one.calibration_error)
            continue
        row = [marker.name for marker in given.markers].index(one.marker)
        assert one.calibration_error == pytest.approx(
            found.record.markers[row].error_after, abs=1e-5
        )
        assert one.calibration_error == pytest.approx(other.calibration_error, abs=2e-3)
        assert one.average_precision == pytest.approx(old.average_precision, abs=2e-3)
    pooled = report.reliability_of("cnn1", "TF", "flanks")
    assert pooled.bases.sum() == sum(
        row.bases for row in report.reliability if (row.category, row.reads) == ("TF", "flanks")
    )
    one = found.record.markers[0]
    sequence = "ACGT" * 100
    old = scores(given, sequence=sequence, logits=True).values[0]
    np.testing.assert_allclose(
        scores(found.checkpoint, sequence=sequence).values[0],
        Temperature(one.temperature, one.bias).scores(old.astype(np.float64)), rtol=1e-4,
    )  # fmt: skip


def test_it_survives_the_file_and_is_described(
    dataset: Dataset, found: Calibrated, tmp_path: Path
) -> None:
    file = tmp_path / "calibrated.safetensors"
    save_checkpoint(file, found.checkpoint)
    assert load_checkpoint(file).calibration == found.record == read_header(file).calibration
    said = describe(file)["calibration"]
    assert (said["dataset"], said["split"]) == (dataset_digest(dataset), "valid")
    assert said["markers"] == 2
    assert said["error_after"] < said["error_before"]


def test_markers_that_cannot_be_fitted_are_named_and_left(
    dataset: Dataset, given: Checkpoint, found: Calibrated, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        calibrate(given, dataset)
    assert "2 of 4 markers keep their scores" in caplog.text
    assert f"{FEW}, cell_other" in caplog.text
    for marker in found.record.markers[2:]:
        assert (marker.temperature, marker.bias, len(marker.thresholds)) == (1, 0, 0)
    assert found.by_category == {"histone": [0], "TF": [1]}
    assert found.after.bases[3].sum() == 0
    assert found.to_dict()["markers"][3]["error_after"] is None


def test_a_calibrated_network_is_not_calibrated_again(dataset: Dataset, found: Calibrated) -> None:
    with pytest.raises(CheckpointError, match="is calibrated already; calibrate the checkpoint"):
        calibrate(found.checkpoint, dataset)


def test_a_dataset_without_its_markers_is_refused(dataset: Dataset, given: Checkpoint) -> None:
    other = tuple(replace(marker, name=f"{marker.name}-x") for marker in given.markers)
    with pytest.raises(MarkerError, match="predicts none of the 4 requested markers"):
        calibrate(replace(given, markers=other), dataset)


def test_a_calibration_of_other_markers_is_refused(given: Checkpoint, found: Calibrated) -> None:
    short = replace(found.record, markers=found.record.markers[:2])
    with pytest.raises(CheckpointError, match="calibration is of 2 markers; expected 4"):
        replace(given, calibration=short)


def test_every_network_can_be_folded() -> None:
    codes = torch.arange(64, dtype=torch.uint8)[None] % 4
    for name in ("cnn3", "id-cnn", "bi-lstm", "hybrid"):
        model = build_model(name, 2).eval()
        folded = fold(model, [Temperature(2.0, 0.5), Temperature()])
        with torch.no_grad():
            old, new = model.logits(codes)[0], folded.logits(codes)[0]
        torch.testing.assert_close(new[0], old[0] / 2 + 0.5)
        torch.testing.assert_close(new[1], old[1])
