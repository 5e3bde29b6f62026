"""The panels below the tracks: rows of the grid, the scatter, names while typing."""

from __future__ import annotations

import pytest
from regtrack_app.callbacks.scores import category_table, score_text
from regtrack_app.callbacks.search import names_like
from regtrack_app.callbacks.windows import grid_rows
from regtrack_app.choosing import marker_options, predicted_by
from regtrack_app.jobs import Cancelled, Jobs, progress_text
from regtrack_app.score_figure import score_figure
from small_world import World

from regtrack.compare.ranking import rank_windows
from regtrack.compare.scoreboard import CategoryRow, MarkerRow, Scoreboard
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.genome.interval import parse_region


def test_rows_of_the_grid_are_windows_1_based(sources: Sources) -> None:
    table = rank_windows(sources, "disagreement", "K562_CTCF", "cnn7", "dilated")
    rows = grid_rows(table)
    assert len(rows) == len(table)
    first = parse_region(rows[0]["region"], sources.assembly)
    assert len(first) == 10_000
    assert first.start == table.windows.starts[0]
    values = [row["value"] for row in rows]
    assert values == sorted(values, reverse=True)
    assert {row["split"] for row in rows} == {"train", "test"}


@pytest.mark.parametrize(
    ("model", "scores", "says"),
    [
        ("a", ((0.3, 0.2), (0.4, 0.1), (0.1, 0.2)), "A is better on 2 of 3 markers"),
        ("a", ((0.3, 0.2), (0.1, 0.1), (0.1, 0.2)), "B is better on 1 of 3 markers"),
        (None, ((0.3, 0.2), (0.1, 0.0)), "B is better than chance on 0 of 2 markers"),
    ],
)
def test_the_model_that_is_better_on_more_markers_is_named(
    model: str | None, scores: tuple[tuple[float, float], ...], says: str
) -> None:
    rows = tuple(MarkerRow("m", "TF", first, second, 0.01, 100) for first, second in scores)
    assert says in score_text(Scoreboard(model, "b", None, rows), ("A", "B"))


def test_the_scatter_has_a_point_a_scored_marker() -> None:
    rows = (
        MarkerRow("a", "TF", 0.2, 0.4, 0.01, 100),
        MarkerRow("b", "TF", 0.3, None, 0.01, 3),
        MarkerRow("c", "DNase", 0.5, 0.45, 0.01, 100),
    )
    figure = score_figure(Scoreboard("m", "n", "test", rows), ("M", "N"), "light")
    points = [trace for trace in figure["data"] if trace["mode"] == "markers"]
    assert [trace["customdata"] for trace in points] == [["a"], ["c"]]
    assert (points[0]["x"], points[0]["y"]) == ([0.2], [0.4])
    assert len({trace["marker"]["symbol"] for trace in points}) == 2
    assert "PR AUC of N" in figure["layout"]["yaxis"]["title"]["text"]
    assert figure["layout"]["xaxis"]["range"][1] >= 0.5


def test_chance_has_an_axis_of_its_own() -> None:
    rows = (MarkerRow("a", "TF", 0.01, 0.4, 0.01, 100),)
    figure = score_figure(Scoreboard(None, "n", "test", rows), ("base rate", "N"), "light")
    across, up = figure["layout"]["xaxis"], figure["layout"]["yaxis"]
    assert across["title"]["text"] == "Base rate"
    assert across["range"][1] < 0.1
    assert up["range"][1] > 0.4


def test_no_score_at_all_is_an_empty_scatter() -> None:
    figure = score_figure(Scoreboard("m", "n", None, ()), ("M", "N"), "dark")
    assert len(figure["data"]) == 1


def test_categories_are_a_table() -> None:
    text = str(category_table([CategoryRow("TF", 690, 0.125, 0.25)], ("M", "N")).to_plotly_json())
    for part in ("TF", "690", "0.125", "0.250", "'M'"):
        assert part in text


def test_names_while_typing(world: World) -> None:
    sources = world.open(genes=world.folder / "genes.gtf")
    assert sources.gene_file is not None
    sources.gene_file.wait(20)
    assert names_like(sources, "no") == ["NOL9"]
    assert names_like(sources, "CHR") == ["chr1", "chr2"]
    assert names_like(sources, "  ") == []
    assert names_like(world.open(), "no") == []


def test_a_marker_is_found_by_any_of_its_words(sources: Sources) -> None:
    option = marker_options(sources.catalog.markers, predicted_by(sources))[0]
    assert option["value"] == option["label"] == "K562_CTCF"
    assert {"TF", "K562", "CTCF"} <= set(option["search"].split())
    assert option["title"].endswith("predicted by CNN7, DILATED")


def test_predicted_markers_are_marked_if_others_are_not(sources: Sources) -> None:
    options = marker_options(sources.catalog.markers, {"K562_DNase": "CNN7"})
    assert {option["value"]: option["label"][0] for option in options} == {
        "K562_CTCF": "K", "K562_DNase": "●",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "expected"),
    [(RegtrackError("the disk is full"), "the disk is full"), (Cancelled(), "Cancelled.")],
)
def test_a_job_that_ended_says_why(error: Exception, expected: str) -> None:
    def work(*_: object) -> None:
        raise error

    job = Jobs().submit("x", work)
    job.wait(10)
    assert progress_text(job) == expected
