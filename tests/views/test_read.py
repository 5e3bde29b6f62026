"""What is read for a region, compared with the values that the files were made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_world import GAP, World

from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.figures.region.values import Bars, Bases, GeneModels, Panel, Picture, Row
from regtrack.views.read import read_picture
from regtrack.views.request import ViewRequest

REGION = "chr1:20,001-21,000"
STRETCH = slice(20_000, 21_000)
CTCF, DNASE = "K562_CTCF", "K562_DNase"


def read(sources: Sources, **wanted: object) -> Picture:
    return read_picture(sources, ViewRequest(**{"region": REGION} | wanted))


def panels(picture: Picture) -> dict[str, Panel]:
    return {row.key: row for row in picture.rows if isinstance(row, Panel)}


def named(rows: tuple[Row, ...]) -> list[str]:
    return [row.key if isinstance(row, Panel) else type(row).__name__ for row in rows]


def test_every_marker_is_its_labels_and_a_panel_per_model(sources: Sources, world: World) -> None:
    picture = read(sources)
    assert named(picture.rows) == [
        "Bars", f"{CTCF}/cnn7", f"{CTCF}/dilated", "Bars", f"{DNASE}/cnn7", f"{DNASE}/dilated",
    ]  # fmt: skip
    first = picture.rows[0]
    assert isinstance(first, Bars)
    assert (first.name, first.note) == ("CTCF", "K562")
    np.testing.assert_array_equal(
        first.spans.mask(STRETCH.start, STRETCH.stop), world.labels[CTCF]["chr1"][STRETCH]
    )
    for model in ("cnn7", "dilated"):
        (line,) = panels(picture)[f"{CTCF}/{model}"].lines
        assert line.edges.tolist() == list(range(20_000, 21_001))
        np.testing.assert_array_equal(line.values[0], world.scores[model][CTCF]["chr1"][STRETCH])
    styles = {model.id: model.style for model in sources.catalog.models}
    found = panels(picture)[f"{CTCF}/dilated"].lines[0]
    assert (found.name, found.colour) == (styles["dilated"].title, styles["dilated"].light)
    assert (picture.title, picture.region.end) == (REGION, 21_000)


@pytest.mark.parametrize("draw", ["mean", "max", "both", "auto"])
def test_a_bin_is_its_mean_its_maximum_or_both(sources: Sources, world: World, draw: str) -> None:
    picture = read_picture(sources, ViewRequest(REGION, models=("cnn7",), draw=draw), most_bins=10)
    bins = world.scores["cnn7"][CTCF]["chr1"][STRETCH].reshape(10, 100)
    mean, high = bins.mean(1), bins.max(1)
    expected = {"mean": [mean], "max": [high], "both": [high, mean], "auto": [mean]}[draw]
    np.testing.assert_allclose(panels(picture)[f"{CTCF}/cnn7"].lines[0].values, expected, rtol=1e-6)


def test_wide_regions_are_drawn_by_their_maximum(sources: Sources, world: World) -> None:
    request = ViewRequest("chr1:1-300,000", models=("cnn7",), markers=(CTCF,))
    (line,) = panels(read_picture(sources, request, most_bins=30))[f"{CTCF}/cnn7"].lines
    values = world.scores["cnn7"][CTCF]["chr1"][:300_000].reshape(30, 10_000)
    # of zoom records, whose edges are not those of bins
    inside = np.nanmax(
        values[:, 500:-500], axis=1, initial=0, where=np.isfinite(values[:, 500:-500])
    )
    there = np.isfinite(values).any(axis=1)
    assert (line.values[0][there] >= inside[there] * (1 - 1e-6)).all()
    assert line.values[0][there].max() == np.nanmax(values)


def test_models_of_a_marker_share_a_scale_that_holds_all_values(sources: Sources) -> None:
    picture = read(sources)
    shown = panels(picture)
    for marker in (CTCF, DNASE):
        pair = [shown[f"{marker}/{model}"] for model in ("cnn7", "dilated")]
        high = max(float(np.nanmax(panel.lines[0].values[0])) for panel in pair)
        assert pair[0].limits == pair[1].limits
        assert pair[0].limits[0] == 0
        assert high <= pair[0].limits[1] <= 1.7 * high
        assert [panel.numbers for panel in pair] == [True, False]  # said once
    apart = panels(read(sources, scale="own"))
    assert apart[f"{CTCF}/cnn7"].limits != apart[f"{CTCF}/dilated"].limits
    assert apart[f"{CTCF}/dilated"].numbers
    typed = panels(read(sources, scale="0.1 to 0.3"))
    assert {panel.limits for panel in typed.values()} == {(0.1, 0.3)}


def test_a_floor_and_a_logarithmic_axis(sources: Sources) -> None:
    low = panels(read(sources, floor="lowest"))[f"{CTCF}/cnn7"]
    least = min(
        float(np.nanmin(panels(read(sources))[f"{CTCF}/{m}"].lines[0].values[0]))
        for m in ("cnn7", "dilated")
    )
    assert 0 <= low.limits[0] <= least
    log = panels(read(sources, axis="log"))[f"{CTCF}/cnn7"]
    assert log.log
    assert 0 < log.limits[0] <= least * 1.001
    assert panels(read(sources, axis="log", scale="0:0.5"))[f"{CTCF}/cnn7"].limits[0] > 0


def test_folds_are_multiples_of_the_base_rate(sources: Sources, world: World) -> None:
    dataset = sources.dataset
    assert dataset is not None
    labelled = bases = 0
    for window in dataset.windows:
        name, start = dataset.assembly.names[window["chrom"]], int(window["start"])
        labelled += int(world.labels[CTCF][name][start : start + dataset.window].sum())
        bases += dataset.window
    fold = panels(read(sources, axis="fold"))[f"{CTCF}/cnn7"]
    assert fold.unit == "×"
    np.testing.assert_allclose(
        fold.lines[0].values[0],
        world.scores["cnn7"][CTCF]["chr1"][STRETCH] / (labelled / bases),
        rtol=1e-5,
    )


def test_differences_of_models_and_from_labels(sources: Sources, world: World) -> None:
    picture = read(sources, differences=("models", "labels"), pair=("dilated", "cnn7"))
    scores = {model: world.scores[model][CTCF]["chr1"][STRETCH] for model in world.scores}
    shown = panels(picture)
    less = shown[f"{CTCF}/=models"]
    assert less.lines[0].name == "DILATED − CNN7"
    np.testing.assert_allclose(
        less.lines[0].values[0], scores["dilated"] - scores["cnn7"], rtol=1e-6
    )
    assert less.limits[0] == -less.limits[1]
    from_labels = shown[f"{CTCF}/cnn7/=labels"].lines[0].values[0]
    truth = world.labels[CTCF]["chr1"][STRETCH]
    np.testing.assert_allclose(from_labels, scores["cnn7"] - truth, rtol=1e-5, atol=1e-6)


def test_what_is_absent_stays_absent(sources: Sources) -> None:
    picture = read(sources, region=f"chr1:{GAP.start - 99}-{GAP.start + 100}")
    values = panels(picture)[f"{CTCF}/cnn7"].lines[0].values[0]
    assert np.isnan(values).tolist() == [False] * 100 + [True] * 100


def test_rows_are_chosen_and_ordered(world: World) -> None:
    genes = world.folder / "genes.gtf"
    with world.open(genes=genes, reference=world.folder / "genome.fa") as sources:
        picture = read(
            sources, region="NOL9", markers=(f"{DNASE},*ctcf",), models=("CNN7",),
            tracks=("signal",), order=("letters", CTCF, "genes"), overlay=True,
        )  # fmt: skip
        assert (picture.region.start, picture.region.end) == (800, 2_200)  # a fifth on either side
        assert named(picture.rows) == ["Bars", CTCF, "GeneModels", "Bars", DNASE, "signal"]
        signal = panels(picture)["signal"].lines[0]
        assert signal.values[0].tolist() == list(range(800, 2_200))
        (found,) = [row for row in picture.rows if isinstance(row, GeneModels)]
        assert found.rows.names == ("NOL9",)
        short = read(sources, region="chr1:1001-1010", order=("letters",))
        assert isinstance(short.rows[0], Bases)
        sequence = (world.folder / "genome.fa").read_text().splitlines()[1]
        assert short.rows[0].letters == sequence[1000:1010]


def test_a_row_has_the_look_that_was_asked_for(sources: Sources) -> None:
    look = f"{CTCF}/cnn7~h20~c#ABCDEF~l0:0.7"
    shown = panels(read(sources, looks=(look,), row_height=5.0))
    changed, other = shown[f"{CTCF}/cnn7"], shown[f"{CTCF}/dilated"]
    assert (changed.height, changed.limits, changed.lines[0].colour) == (20, (0, 0.7), "#abcdef")
    assert (other.height, other.numbers) == (5, True)


def test_highlights_are_cut_to_the_region(sources: Sources) -> None:
    found = read(sources, marks=("chr1:20,901-30,000", "chr1:1-50", "chr2:20,001-20,100")).marks
    assert found == ((20_900, 21_000),)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"region": ""}, "`region` is empty"),
        ({"region": "chr1:5-2"}, "starts after its end"),
        ({"region": "NOL9"}, "is not a region of the tracks, which have .*`genes` the name of a"),
        ({"region": "chr9:1-5"}, "chr9"),
        ({"models": ("cnn8",)}, 'no model is called "cnn8"; there are: cnn7, dilated. Did you'),
        ({"markers": ("*REST",)}, 'no marker matches "'),
        ({"tracks": ("signl",)}, 'no other track is called "signl"; there are: signal'),
        ({"order": ("cnn7",)}, '`order` names "cnn7", which is not drawn'),
        ({"pair": ("cnn7",), "differences": ("models",)}, "`pair` names 1 models"),
        ({"marks": ("chr1:9-2",)}, "starts after its end"),
    ],
)
def test_what_does_not_exist_is_named(
    sources: Sources, wanted: dict[str, object], message: str
) -> None:
    with pytest.raises(RegtrackError, match=message):
        read(sources, **wanted)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"scale": "markers"}, 'no `scale`; expected marker, category, own or limits.*"marker"'),
        ({"scale": "3:1"}, "limits of an axis"),
        ({"axis": "ln"}, "no `axis`; expected linear, log or fold"),
        ({"draw": "median"}, "no `draw`"),
        ({"floor": "0"}, "no `floor`"),
        ({"differences": ("model",)}, "no `differences`"),
        ({"width": "triple"}, r"no `width`; expected single, 1.5, double, or 40 to 1,000 mm"),
        ({"width": "5"}, "no `width`"),
        ({"row_height": 500.0}, "row_height"),
        ({"looks": ("a~x3",)}, "no look of a row"),
        ({"looks": ("a~h900",)}, "no look of a row"),
    ],
)
def test_what_cannot_be_is_refused_before_files_are_read(
    wanted: dict[str, object], message: str
) -> None:
    with pytest.raises(RegtrackError, match=message):
        ViewRequest(**{"region": REGION} | wanted)


def test_a_width_may_be_a_number() -> None:
    assert ViewRequest(REGION, width="100mm").millimetres == 100
    assert ViewRequest(REGION, width="1.5").millimetres == 120


def test_labels_are_needed_to_subtract_them(world: World) -> None:
    with world.open(labels=None) as sources, pytest.raises(RegtrackError, match="has no labels"):
        read(sources, differences=("labels",))


def test_a_marker_without_labels_is_named_at_its_first_track(world: World) -> None:
    with world.open(labels=None) as sources:
        shown = panels(read(sources))
    assert [panel.name for panel in shown.values()] == ["CTCF", "", "DNase", ""]


def test_a_file_that_is_gone_is_named(world: World, tmp_path: Path) -> None:
    with world.open() as sources:
        track = sources.catalog.others[0]
        moved = tmp_path / "signal.bw"
        track.path.rename(moved)
        try:
            with pytest.raises(RegtrackError, match="signal"):
                read(sources, tracks=("all",))
        finally:
            moved.rename(track.path)
