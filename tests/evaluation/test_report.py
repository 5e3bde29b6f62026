"""Evaluation of whole models, checked against scikit-learn on every position of a split."""

from __future__ import annotations

import csv
import json
import logging
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score
from small_evaluation import FEW, built, known_positions, trained

from regtrack.checkpoint import load_checkpoint, save_checkpoint
from regtrack.dataset.store import Dataset
from regtrack.errors import (
    AssemblyError,
    CheckpointError,
    DatasetError,
    DeviceError,
    MarkerError,
    OutOfMemoryError,
    OutputError,
)
from regtrack.evaluation.metrics import StreamingCurves, centres
from regtrack.evaluation.report import evaluate
from regtrack.evaluation.scores import MarkerScores, Report, score_markers
from regtrack.genome.assembly import Assembly
from regtrack.genome.sequence import Codes, N


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Two chromosomes, N in a kept window, and a marker with 6 labelled bases per split at most."""
    return built(tmp_path_factory.mktemp("data"), {"chr1": 12_000, "chr2": 9_000})


def row(report: Report, marker: str, model: str = "cnn1") -> MarkerScores:
    (found,) = [r for r in report.markers if (r.marker, r.model) == (marker, model)]
    return found


def rounded(scores: MarkerScores) -> MarkerScores:
    """The calibration error to six digits; a product of other rows may differ in the last bit."""
    return replace(scores, calibration_error=round(scores.calibration_error, 6))


@pytest.mark.parametrize("batch_size", [1, 7])
def test_scores_agree_with_sklearn_over_all_positions(dataset: Dataset, batch_size: int) -> None:
    checkpoint = trained(dataset)
    logits, labels = known_positions(dataset, checkpoint, "valid")
    report = evaluate(dataset, [checkpoint], split="valid", batch_size=batch_size)
    for index, marker in enumerate(dataset.markers):
        found = row(report, marker.name)
        assert found.positives == labels[index].sum()
        if marker.name == FEW:
            continue
        precision, recall, _ = precision_recall_curve(labels[index], logits[index])
        assert found.base_rate == pytest.approx(labels[index].mean())
        assert found.average_precision == pytest.approx(
            average_precision_score(labels[index], logits[index]), abs=5e-4
        )
        assert found.pr_auc_trapezoid == pytest.approx(auc(recall, precision), abs=5e-4)
        assert found.roc_auc == pytest.approx(roc_auc_score(labels[index], logits[index]), abs=5e-4)
        assert found.lift == pytest.approx(found.average_precision / found.base_rate)


@pytest.mark.parametrize("name", ["cnn3", "dilated", "bi-lstm"])
def test_with_flanks_windows_score_as_one_pass_over_the_chromosome(
    dataset: Dataset, name: str
) -> None:
    checkpoint = trained(dataset, name=name)
    places = [dataset.interval(window) for window in dataset.window_ids("valid").tolist()]
    codes = {chrom: dataset.codes(chrom, 0, 9_000) for chrom in {at.chrom for at in places}}
    with torch.no_grad():
        whole = {
            chrom: checkpoint.model.eval().logits(torch.from_numpy(one)[None])[0].numpy()
            for chrom, one in codes.items()
        }
    known = [codes[at.chrom][at.start : at.end] != N for at in places]
    logits, labels = (
        np.concatenate([one[:, here] for one, here in zip(of_windows, known, strict=True)], axis=1)
        for of_windows in (
            [whole[at.chrom][:, at.start : at.end] for at in places],
            [dataset.dense(at.chrom, at.start, at.end) for at in places],
        )
    )
    report = evaluate(dataset, [checkpoint], split="valid", flanks=True, exact=True)
    alone = evaluate(dataset, [checkpoint], split="valid", exact=True)
    assert [row for row in report.to_dict()["markers"] if row["reads"] == "alone"] == (
        alone.to_dict()["markers"]
    )
    assert [row.reads for row in report.categories] == ["alone"] * 2 + ["flanks"] * 2
    beside = [row for row in report.markers if row.reads == "flanks"]
    for index, found in enumerate(beside):
        assert found.positives == labels[index].sum()
        if found.marker != FEW:
            expected = average_precision_score(labels[index], logits[index])
            assert found.average_precision == pytest.approx(expected, abs=1e-6)
            # a window alone gives other values at its ends: the rules are told apart
            assert found.average_precision != alone.markers[index].average_precision


@pytest.mark.parametrize("batch_size", [1, 7])
def test_exact_scores_are_those_of_sklearn_without_bins(dataset: Dataset, batch_size: int) -> None:
    checkpoint = trained(dataset)
    logits, labels = known_positions(dataset, checkpoint, "valid")
    report = evaluate(dataset, [checkpoint], split="valid", exact=True, batch_size=batch_size)
    streamed = evaluate(dataset, [checkpoint], split="valid", batch_size=batch_size)
    assert (report.to_dict()["exact"], streamed.to_dict()["exact"]) == (True, False)
    assert report.unscored == streamed.unscored == (FEW,)
    for index, marker in enumerate(dataset.markers):
        found, binned = row(report, marker.name), row(streamed, marker.name)
        assert found.positives == binned.positives
        if marker.name == FEW:
            assert math.isnan(found.average_precision)
            continue
        precision, recall, _ = precision_recall_curve(labels[index], logits[index])
        expected = (
            average_precision_score(labels[index], logits[index]),
            auc(recall, precision),
            roc_auc_score(labels[index], logits[index]),
        )
        # another batch size rounds a few logits differently
        areas = (found.average_precision, found.pr_auc_trapezoid, found.roc_auc)
        assert areas == pytest.approx(expected, abs=1e-5)
        assert found.base_rate == pytest.approx(binned.base_rate, abs=1e-15)


def test_exact_scores_that_do_not_fit_are_refused_before_the_work_starts(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regtrack.measures.exact.usable_memory", lambda: 1_000)
    monkeypatch.setattr("regtrack.evaluation.passes.borrowed", None)  # which would run the model
    with pytest.raises(OutOfMemoryError, match="leave out `exact`"):
        evaluate(dataset, [trained(dataset)], split="valid", exact=True)


def test_a_marker_with_few_labelled_bases_is_named_and_left_out_of_the_means(
    dataset: Dataset,
) -> None:
    report = evaluate(dataset, [trained(dataset)], split="valid")
    assert report.unscored == (FEW,)
    assert row(report, FEW).positives == 6
    assert math.isnan(row(report, FEW).average_precision)
    tf, histone = report.categories
    assert (tf.category, tf.markers) == ("TF", 2)
    assert (histone.category, histone.markers) == ("histone", 1)
    for name in ("average_precision", "pr_auc_trapezoid", "roc_auc", "base_rate"):
        values = [getattr(row(report, marker), name) for marker in ("cell_a", "cell_b")]
        assert getattr(tf, name) == pytest.approx(np.mean(values))
        assert getattr(histone, name) == getattr(row(report, "cell_c"), name)


def test_columns_are_matched_by_name(dataset: Dataset, caplog: pytest.LogCaptureFixture) -> None:
    """A model with some of the markers in another order has the same scores for them."""
    whole = trained(dataset)
    order = [2, 0]
    part = trained(dataset, columns=order)
    part.model.load_state_dict(
        {
            name: tensor[order] if name.startswith("head.output") else tensor
            for name, tensor in whole.model.state_dict().items()
        }
    )
    expected = evaluate(dataset, [whole], split="valid")
    found = evaluate(dataset, [part], split="valid")
    assert tuple(map(rounded, found.markers)) == tuple(
        map(rounded, (row(expected, "cell_a"), row(expected, "cell_c")))
    )
    assert "predicts 2 of the 4 markers" in caplog.text


def test_markers_can_be_chosen(dataset: Dataset) -> None:
    whole = evaluate(dataset, [trained(dataset)], split="valid")
    some = evaluate(dataset, [trained(dataset)], split="valid", markers=["category:histone", "*_B"])
    expected = (row(whole, "cell_b"), row(whole, "cell_c"))
    assert tuple(map(rounded, some.markers)) == tuple(map(rounded, expected))
    with pytest.raises(MarkerError, match="nothing"):
        evaluate(dataset, [trained(dataset)], split="valid", markers=["nothing"])


def test_a_checkpoint_without_a_marker_in_common_is_refused(dataset: Dataset) -> None:
    checkpoint = trained(dataset)
    strangers = tuple(replace(m, name=m.name.replace("cell", "cel")) for m in checkpoint.markers)
    message = r'none of the 4 requested markers, .* Did you mean "cel_a"'
    with pytest.raises(MarkerError, match=message):
        evaluate(dataset, [replace(checkpoint, markers=strangers)], split="valid")


def test_another_assembly_is_refused(dataset: Dataset) -> None:
    checkpoint = trained(dataset)
    longer = replace(checkpoint, assembly=Assembly(("chr1", "chr2"), (12_000, 9_001)))
    with pytest.raises(AssemblyError, match=r"chr2 is 9,000 bp in .* 9,001 bp in training"):
        evaluate(dataset, [longer], split="valid")
    other = replace(checkpoint, assembly=Assembly(("A", "B"), (12_000, 9_000)))
    with pytest.raises(AssemblyError, match=r"\(chr1, chr2\) and training \(A, B\) share no"):
        evaluate(dataset, [other], split="valid")
    part = replace(checkpoint, assembly=Assembly(("chr1",), (12_000,)))
    assert evaluate(dataset, [part], split="valid").markers


def test_names_with_and_without_chr_are_one_assembly(
    dataset: Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoint = trained(dataset)
    renamed = built(tmp_path, {"1": 12_000, "2": 9_000})
    with caplog.at_level(logging.WARNING, "regtrack"):
        found = evaluate(renamed, [checkpoint], split="valid")
    expected = evaluate(dataset, [checkpoint], split="valid")
    assert [row.to_dict() for row in found.markers] == [row.to_dict() for row in expected.markers]
    assert "another assembly" not in caplog.text


@pytest.mark.parametrize(
    ("lengths", "difference"),
    [
        # another species has different chromosomes of the same names
        ({"chr1": 10_000, "chr2": 14_000}, "chr1 is 10,000 bp in {} and 12,000 bp in training"),
        # windows cut from another genome are separate records
        (
            {"peak_1": 9_000, "peak_2": 9_000},
            "{} (peak_1, peak_2) and training (chr1, chr2) share no chromosome",
        ),
    ],
)
def test_another_assembly_is_scored_if_allowed(
    dataset: Dataset,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    lengths: dict[str, int],
    difference: str,
) -> None:
    checkpoint, other = trained(dataset), built(tmp_path, lengths)
    difference = difference.format(other.path)
    with pytest.raises(AssemblyError) as caught:
        evaluate(other, [checkpoint], split="valid")
    assert str(caught.value) == (
        f"the CNN1 network is for another assembly: {difference}; use the assembly it was trained "
        "on, or pass `any_assembly=True` where another is meant"
    )
    with caplog.at_level(logging.WARNING, "regtrack"):
        report = evaluate(other, [checkpoint], split="valid", any_assembly=True)
    assert f"the CNN1 network is applied to another assembly: {difference}" in caplog.messages
    logits, labels = known_positions(other, checkpoint, "valid")
    for index, marker in enumerate(other.markers):
        if marker.name != FEW:
            expected = average_precision_score(labels[index], logits[index])
            found = row(report, marker.name).average_precision
            assert found == pytest.approx(expected, abs=5e-4)


def test_scores_on_training_windows_are_logged(
    dataset: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoint = trained(dataset)
    evaluate(dataset, [checkpoint], split="valid")
    assert caplog.text == ""
    evaluate(dataset, [checkpoint], split="train")
    assert "do not measure how well it generalises" in caplog.text
    caplog.clear()
    evaluate(dataset, [replace(checkpoint, training={})], split="valid")
    assert "was not trained on this dataset" in caplog.text


def test_models_have_distinct_ids_and_titles(dataset: Dataset, tmp_path: Path) -> None:
    paths = [tmp_path / name / "checkpoint.safetensors" for name in ("first", "second")]
    for seed, path in enumerate(paths):
        save_checkpoint(path, trained(dataset, seed))
    report = evaluate(dataset, [*paths, trained(dataset, name="cnn3")], split="valid")
    assert list(report.checkpoints) == ["first", "second", "cnn3"]
    assert list(report.titles.values()) == ["CNN1 (first)", "CNN1 (second)", "CNN3"]
    assert report.to_dict()["titles"] == report.titles
    assert report.checkpoints["first"] == str(paths[0])
    alone = evaluate(dataset, [load_checkpoint(paths[1])], split="valid")
    assert row(report, "cell_a", "second") == replace(row(alone, "cell_a"), model="second")
    with pytest.raises(CheckpointError, match="twice"):
        evaluate(dataset, [paths[0]] * 3, split="valid")


def windows_of(dataset: Dataset, column: int) -> Iterator[tuple[Codes, Codes]]:
    """Codes and labels, uint8 (L,), of each valid window, for one marker."""
    for window_id in dataset.window_ids("valid"):
        window = dataset.interval(window_id)
        codes = dataset.codes(window.chrom, window.start, window.end)
        truth = np.zeros(len(codes), np.uint8)
        found = dataset.labels(window.chrom, window.start, window.end)
        for index, start, end in zip(found.marker, found.start, found.end, strict=True):
            if index == column:
                truth[start:end] = 1
        yield codes, truth


def test_checkpoints_joined_by_plus_are_scored_by_the_mean_of_their_logits(
    dataset: Dataset, tmp_path: Path
) -> None:
    """Against the same mean, computed window by window here and scored by scikit-learn."""
    paths = [tmp_path / name / "checkpoint.safetensors" for name in ("first", "second", "c+d")]
    members = [trained(dataset, 0), trained(dataset, 1, name="cnn3"), trained(dataset, 2)]
    # a member with its markers in another order, and one more
    turned = members[1].markers[::-1]
    members[1] = replace(members[1], markers=turned)
    for path, member in zip(paths, members, strict=True):
        save_checkpoint(path, member)
    asked = "+".join(str(path) for path in paths[:2])
    report = evaluate(dataset, [asked, paths[0], paths[2]], split="valid", exact=True)
    assert list(report.titles.values()) == ["CNN1 (first) + CNN3", "CNN1 (first)", "CNN1 (c+d)"]
    assert report.checkpoints["first+cnn3"] == asked
    assert list(report.checkpoints)[1:] == ["first", "c+d"]

    for column, marker in enumerate(dataset.markers):
        labels, logits = [], []
        for codes, truth in windows_of(dataset, column):
            total = np.zeros(len(codes))
            for member in members[:2]:
                row_of = [one.name for one in member.markers].index(marker.name)
                with torch.inference_mode():
                    total += (
                        member.model.eval().logits(torch.from_numpy(codes)[None])[0, row_of].numpy()
                    )
            labels.append(truth[codes != N])
            logits.append(total[codes != N] / 2)
        truth = np.concatenate(labels)
        got = row(report, marker.name, "first+cnn3")
        assert got.positives == truth.sum()
        if got.scored:
            expected = average_precision_score(truth, np.concatenate(logits))
            assert got.average_precision == pytest.approx(expected, abs=1e-6)
    assert members[0].model.training is False
    report.write(tmp_path / "scores")
    with pytest.raises(OutputError, match="an input; choose"):
        report.write(paths[1].parent, overwrite=True)


def test_both_strands_are_averaged(dataset: Dataset) -> None:
    """Against the mean of both readings, computed window by window here."""
    checkpoint = trained(dataset, name="cnn3")
    report = evaluate(dataset, checkpoint, split="valid", reverse_complement=True, exact=True)
    complement = np.array([3, 2, 1, 0, 4], np.uint8)
    truth, logits = [], []
    for codes, labels in windows_of(dataset, 0):
        with torch.inference_mode():
            both = [
                checkpoint.model.eval().logits(torch.from_numpy(one.copy())[None])[0, 0].numpy()
                for one in (codes, complement[codes[::-1]])
            ]
        truth.append(labels[codes != N])
        logits.append(((both[0] + both[1][::-1]) / 2)[codes != N])
    expected = average_precision_score(np.concatenate(truth), np.concatenate(logits))
    name = dataset.markers[0].name
    assert row(report, name, "cnn3").average_precision == pytest.approx(expected, abs=1e-6)
    plain = evaluate(dataset, checkpoint, split="valid", exact=True)
    assert row(plain, name, "cnn3").average_precision != pytest.approx(expected, abs=1e-6)
    assert (report.to_dict()["reverse_complement"], plain.reverse_complement) == (True, False)


@pytest.mark.parametrize(("asked", "message"), [
    ("{a}+", "a name beside \\+ is missing"), ("{a}+{a}", "is named twice"),
    ("{a}+{b},{b}+{a}", "is named twice"), ("{a}+missing", "missing"),
])  # fmt: skip
def test_a_mean_that_cannot_be_formed_is_refused(
    dataset: Dataset, tmp_path: Path, asked: str, message: str
) -> None:
    places = {name: tmp_path / name / "checkpoint.safetensors" for name in "ab"}
    for seed, path in enumerate(places.values()):
        save_checkpoint(path, trained(dataset, seed))
    with pytest.raises(CheckpointError, match=message):
        evaluate(dataset, asked.format(**places).split(","), split="valid")


def test_a_mean_needs_a_marker_that_all_members_predict(dataset: Dataset) -> None:
    one, other = trained(dataset), trained(dataset, 1)
    strange = tuple(replace(marker, name=f"other_{marker.name}") for marker in other.markers)
    with pytest.raises(MarkerError, match="no marker is predicted by all 2 checkpoints"):
        evaluate(dataset, [[one, replace(other, markers=strange)]], split="valid")


def test_the_model_is_given_back_as_it_was(dataset: Dataset) -> None:
    checkpoint = trained(dataset)
    checkpoint.model.train()
    evaluate(dataset, [checkpoint], split="valid")
    assert checkpoint.model.training


def test_half_precision_scores_are_close(dataset: Dataset) -> None:
    full = evaluate(dataset, [trained(dataset)], split="valid")
    half = evaluate(dataset, [trained(dataset)], split="valid", precision="bf16")
    for ours, theirs in zip(half.categories, full.categories, strict=True):
        assert ours.average_precision == pytest.approx(theirs.average_precision, abs=0.01)


def test_invalid_requests_are_refused(dataset: Dataset) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint; name at least one"):
        evaluate(dataset, [], split="valid")
    with pytest.raises(DatasetError, match="test"):
        evaluate(dataset, [trained(dataset)], split="test")
    with pytest.raises(DeviceError, match="fp64"):
        evaluate(dataset, [trained(dataset)], split="valid", precision="fp64")


def test_the_files_have_the_contents_of_the_report(dataset: Dataset, tmp_path: Path) -> None:
    report = evaluate(dataset, [trained(dataset)], split="valid")
    out = tmp_path / "scores"
    report.write(out)
    assert {path.name for path in out.iterdir()} == {
        "report.json",
        "markers.csv",
        "categories.csv",
        "reliability.csv",
    }
    found = json.loads((out / "report.json").read_text())
    assert found == report.to_dict()
    assert found["unscored"]["markers"] == [FEW]
    with (out / "markers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [r["marker"] for r in rows] == [marker.name for marker in dataset.markers]
    assert list(rows[0])[:5] == ["model", "marker", "category", "reads", "positives"]
    assert float(rows[0]["average_precision"]) == pytest.approx(
        report.markers[0].average_precision, rel=1e-5
    )
    assert rows[3]["roc_auc"] == ""
    with (out / "categories.csv").open() as file:
        assert [r["markers"] for r in csv.DictReader(file)] == ["2", "1"]
    with (out / "reliability.csv").open() as file:
        bins = list(csv.DictReader(file))
    assert [(r["category"], r["low"]) for r in (bins[0], bins[15])] == [
        ("TF", "0"),
        ("histone", "0"),
    ]
    assert sum(int(r["labelled"]) for r in bins[15:]) == report.markers[2].positives
    with pytest.raises(OutputError, match="exists"):
        report.write(out)
    report.write(out, overwrite=True)
    (out / "report.json").unlink()
    with pytest.raises(OutputError, match="holds other files"):
        report.write(out, overwrite=True)
    with pytest.raises(OutputError, match="an input; choose"):
        report.write(dataset.path, overwrite=True)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_scores_are_exactly_those_of_the_bare_model(dataset: Dataset, precision: str) -> None:
    checkpoint = trained(dataset, name="cnn3")
    model = checkpoint.model.eval()
    found = evaluate(dataset, [checkpoint], split="valid", batch_size=1, precision=precision)
    curves = StreamingCurves(centres(model))
    for window_id in dataset.window_ids("valid").tolist():
        at = dataset.interval(window_id)
        codes = torch.from_numpy(dataset.codes(at.chrom, at.start, at.end))[None]
        labels = torch.from_numpy(dataset.dense(at.chrom, at.start, at.end))[None]
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            curves.update(model.logits(codes), labels, codes != N)
    assert found.markers[:-1] == score_markers("cnn3", dataset.markers, curves)[:-1]


def test_products_are_exact_and_too_little_memory_is_reported(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a sweep; otherwise a GPU would round convolutions to TF32."""
    checkpoint = trained(dataset)
    logits = checkpoint.model.logits
    tf32: list[bool] = []

    def watched(*arguments: Any) -> torch.Tensor:
        tf32.append(torch.backends.cudnn.allow_tf32)
        return logits(*arguments)

    def too_large(*_: Any) -> torch.Tensor:
        raise torch.OutOfMemoryError

    assert torch.backends.cudnn.allow_tf32
    monkeypatch.setattr(checkpoint.model, "logits", watched)
    evaluate(dataset, [checkpoint], split="valid")
    assert tf32
    assert not any(tf32)
    monkeypatch.setattr(checkpoint.model, "logits", too_large)
    with pytest.raises(OutOfMemoryError, match="out of memory on cpu with 3 x 300 bp"):
        evaluate(dataset, [checkpoint], split="valid", batch_size=3)


def test_a_single_checkpoint_need_not_be_in_a_list(dataset: Dataset, tmp_path: Path) -> None:
    checkpoint, path = trained(dataset), tmp_path / "one.safetensors"
    save_checkpoint(path, checkpoint)
    expected = evaluate(dataset, [path], split="valid").markers
    assert expected
    for single in (checkpoint, path, str(path)):
        found = evaluate(dataset, single, split="valid").markers
        assert str(found) == str(expected)  # NaN differs from itself
