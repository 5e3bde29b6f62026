"""Measurements against one pass over the whole chromosome, base by base."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from regtrack.benchmark import measure
from regtrack.benchmark.answers import Answers
from regtrack.benchmark.measure import Exam, examine
from regtrack.benchmark.plan import TEST_CHROM
from regtrack.benchmark.planted import groups, labelled_regions
from regtrack.predict import reading, region as along
from regtrack.predict.forward import scores_of_codes
from regtrack.saliency.gradient import gradient_saliency

MakeExam = Callable[..., Exam]
SETTINGS = {"channels": (4, 4, 4), "hidden": 4, "pooling": "max"}
DISTANT = 3


@pytest.fixture(scope="module")
def exam(exam_of: MakeExam) -> Exam:
    return exam_of("dilated", **SETTINGS)


@pytest.fixture(scope="module")
def answers(exam: Exam) -> Answers:
    return examine(exam)


def whole(exam: Exam) -> np.ndarray:
    """The scores of one pass over the held-out chromosome, (M, length)."""
    codes = exam.dataset.codes(TEST_CHROM, 0, exam.length)
    return scores_of_codes(exam.checkpoint.model, codes[None])[0]


def test_scores_are_those_of_one_pass(exam: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(along, "bases_at_once", lambda *_: 7_000)
    monkeypatch.setattr(reading, "WINDOW", 7_000)
    truth = exam.dataset.dense(TEST_CHROM, 0, exam.length)
    answers = examine(exam)
    for row, score in enumerate(answers.scores):
        expected = average_precision_score(truth[row], whole(exam)[row])
        assert score.average_precision == pytest.approx(expected, abs=1e-4)
        assert score.base_rate == pytest.approx(truth[row].mean())
        assert score.marker == exam.dataset.markers[row].name
    assert [score.kind for score in answers.scores] == ["local", "local", "cluster", "distant"]


def test_responses_are_means_beside_the_motifs_of_elements(exam: Exam, answers: Answers) -> None:
    track, marker = whole(exam)[DISTANT], exam.grammar.markers[DISTANT]
    expected: dict[tuple[str, bool], list[float]] = {}
    for group in groups(marker, exam.sites, exam.length):
        there = np.flatnonzero(group.mask) + group.start
        expected.setdefault((group.role, group.labelled), []).append(float(track[there].mean()))
    found = {
        (row.role, row.labelled): (row.elements, row.score)
        for row in answers.responses
        if row.marker == "sim_H3K27me3"
    }
    assert found.keys() == expected.keys()
    for key, means in expected.items():
        assert found[key] == (len(means), pytest.approx(np.mean(means), rel=1e-4))


def test_saliency_is_that_of_one_pass(exam: Exam) -> None:
    codes = exam.dataset.codes(TEST_CHROM, 0, exam.length)
    region = labelled_regions(exam.grammar.markers[DISTANT], exam.sites)[0]
    low, high = max(0, region.start - 6_000), min(exam.length, region.end + 6_000)
    question = measure._Question(exam, DISTANT, exam.grammar.markers[DISTANT])
    views = {key: (saliency, mask) for key, saliency, mask in measure._views(question, region)}
    planted = np.zeros(exam.length, dtype=bool)
    near = planted.copy()
    for site in region.sites:
        planted[site.start : site.end] = True
        near[max(0, site.start - 500) : site.end + 500] = True
    labelled = np.zeros(exam.length, dtype=bool)
    labelled[region.start : region.end] = True
    for which, outputs in {"all": labelled, "far": labelled & ~near}.items():
        saliency, mask = views[which, "all"]
        assert (mask == planted[low:high]).all()
        for found, model in zip(saliency, (exam.checkpoint.model, exam.untrained), strict=True):
            expected = gradient_saliency(model, codes[None], outputs[None], DISTANT)[0, low:high]
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5 * expected.max())
    # one partner, the other's bases left out
    _, mask = views["far", "REST"]
    others = sum(site.end - site.start for site in region.sites if site.motif == "CTCF")
    assert len(mask) == high - low - others
    assert mask.sum() == planted.sum() - others


def test_found_has_a_row_for_each_outputs_and_motif(answers: Answers) -> None:
    found = [(row.marker, row.outputs, row.motif) for row in answers.saliency]
    assert len(found) == len(set(found))
    distant = {(outputs, motif) for marker, outputs, motif in found if marker == "sim_H3K27me3"}
    assert distant == {(o, m) for o in ("all", "far") for m in ("all", "CTCF", "REST")}
    assert {motif for marker, _, motif in found if marker == "sim_CTCF"} == {"all"}
    assert all(row.regions <= 3 for row in answers.saliency)


def test_rotated_bases_are_found_only_by_chance() -> None:
    rng = np.random.default_rng(0)
    planted = np.zeros(2_000, dtype=bool)
    planted[500:600] = True
    perfect, noise = planted.astype(np.float32), rng.random(2_000, dtype=np.float32)
    precision, moved, untrained, share = measure._precisions(
        np.stack([perfect, noise]), planted, rng
    )
    assert (precision, share) == (1, 0.05)
    assert moved < 0.4
    assert untrained < 0.15


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("cnn1", {"channels": (4,), "hidden": 4}),
        ("id-cnn", {"channels": (4, 4, 4, 4), "hidden": 4}),
        ("bi-lstm", {"channels": (4, 4), "hidden": 4, "lstm_hidden": 4}),
    ],
)
def test_every_kind_of_network_can_be_examined(
    model: str, settings: dict[str, object], exam_of: MakeExam
) -> None:
    exam = exam_of(model, **settings)
    answers = examine(exam)
    assert len(answers.scores) == len(answers.fields) == 4
    counted = exam.checkpoint.model.receptive_field
    for field in answers.fields:
        assert field.counted == counted
        assert field.width_50 is None or field.width_50 <= (counted or exam.dataset.window + 1)
    # the chromosome of 25 kb has no room for all that ID-CNN sees on both sides
    assert any(field.width_50 is None for field in answers.fields) == (model == "id-cnn")
