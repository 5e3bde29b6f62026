"""What the page says of a view."""

from __future__ import annotations

from dataclasses import replace

import pytest
from regtrack_app.choices import choices_of
from regtrack_app.state import default_view
from regtrack_app.view_data import ViewData
from regtrack_app.words import badge_class, badge_text, foreign_models, notes, summary

from regtrack.compare.sources import Sources
from regtrack.dataset.identity import dataset_digest
from regtrack.genome.interval import Interval, span_text


def test_the_badge_says_what_models_have_seen() -> None:
    assert badge_text([]) == ""
    assert badge_class([]) == "badge empty"
    assert badge_text([("test", 1.0)]).startswith("test · held out")
    assert badge_text([("train", 0.5)]).startswith("train 50 % · ")
    assert badge_text([("train", 0.25), ("test", 0.75)]) == "mixed: train 25 %, test 75 %"
    assert badge_class([("test", 1.0)]) == "badge test"
    assert badge_class([("test", 0.5), ("train", 0.5)]) == "badge mixed"


def test_the_badge_names_models_of_another_dataset(sources: Sources) -> None:
    assert sources.dataset is not None
    digests = {"cnn7": "of another", "dilated": dataset_digest(sources.dataset)}
    models = tuple(
        replace(
            model,
            record=replace(
                model.record,
                checkpoint=replace(model.record.checkpoint, dataset=digests[model.id]),
            ),
        )
        for model in sources.catalog.models
    )
    view = default_view(choices_of(sources))
    assert foreign_models(view, sources) == []  # these sweeps do not tell
    told = replace(sources, catalog=replace(sources.catalog, models=models))
    assert foreign_models(view, told) == ["CNN7"]
    assert foreign_models(replace(view, models=("dilated",)), told) == []
    assert foreign_models(view, replace(told, dataset=None)) == []
    badge = "CNN7 was trained on another dataset and may have seen this region"
    assert badge in summary(view, ViewData(told).scene(view), told)
    assert badge_text([("train", 0.25), ("test", 0.75)], ["a", "b"]).startswith(
        "mixed: train 25 %, test 75 % · a and b were trained on another dataset"
    )
    assert badge_class([("test", 1.0)], ["cnn7"]) == "badge mixed"


@pytest.mark.parametrize(
    ("span", "expected"),
    [(300, "Exact: every base"), (50_000, "Exact: each point is the mean of"),
     (300_000, "Zoom summary")],
)  # fmt: skip
def test_the_page_says_how_exact_it_is(sources: Sources, span: int, expected: str) -> None:
    view = replace(default_view(choices_of(sources)), region=Interval("chr1", 0, span))
    assert notes(ViewData(sources).scene(view)).startswith(expected)


def test_the_summary_names_what_is_seen(sources: Sources) -> None:
    view = replace(default_view(choices_of(sources)), region=Interval("chr1", 0, 2_000))
    text = summary(view, ViewData(sources).scene(view), sources)
    for part in ("chr1:1-2,000", "2 kb", "K562_CTCF", "CNN7, DILATED", "Exact", "train"):
        assert part in text


def test_lengths_read_well() -> None:
    assert [span_text(span) for span in (20, 1_500, 250_000_000)] == ["20 bp", "1.5 kb", "250 Mb"]
