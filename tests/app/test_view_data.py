"""From a view to rows: against the values that the files were made of."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from regtrack_app.choices import choices_of
from regtrack_app.look import PLAIN
from regtrack_app.rows import GeneRow, LetterRow, SpanRow, ValueRow
from regtrack_app.state import View, default_view
from regtrack_app.traces import traces_of
from regtrack_app.view_data import ViewData
from small_world import GAP, World

from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources
from regtrack.genome.interval import Interval
from regtrack.model_style import style_of

REGION = Interval("chr1", 100_000, 100_500)


@pytest.fixture
def data(sources: Sources) -> ViewData:
    return ViewData(sources)


def view_of(data: ViewData, region: Interval = REGION, **changes: object) -> View:
    return replace(default_view(choices_of(data.sources)), region=region, **changes)  # type: ignore[arg-type]


def test_the_first_view_shows_a_marker_that_models_predict(data: ViewData) -> None:
    view = default_view(choices_of(data.sources))
    assert view.markers == ("K562_CTCF",)
    assert view.models == ("cnn7", "dilated")


def test_curves_are_what_the_files_hold(data: ViewData, world: World) -> None:
    scene = data.scene(view_of(data))
    row = next(row for row in scene.rows if row.key == "K562_CTCF")
    assert isinstance(row, ValueRow)
    assert [curve.name for curve in row.curves] == ["CNN7", "DILATED"]
    assert scene.exact
    assert scene.tile.step == 1
    for curve, model in zip(row.curves, ("cnn7", "dilated"), strict=True):
        truth = world.scores[model]["K562_CTCF"]["chr1"]
        here = truth[curve.start : curve.start + len(curve.mean)]
        np.testing.assert_array_equal(curve.mean, here)
    assert row.curves[0].start <= REGION.start - len(REGION)


def test_bins_are_means_and_maxima(data: ViewData, world: World) -> None:
    scene = data.scene(view_of(data, Interval("chr1", 100_000, 104_000)))
    row = next(row for row in scene.rows if row.key == "K562_CTCF")
    assert isinstance(row, ValueRow)
    curve = row.curves[0]
    step = int(curve.step)
    assert step == scene.tile.step == 4
    truth = world.scores["cnn7"]["K562_CTCF"]["chr1"][curve.start :]
    bins = truth[: len(curve.mean) // 2 * step].reshape(-1, step)
    np.testing.assert_allclose(curve.mean[: len(bins)], bins.mean(axis=1), rtol=1e-5)
    assert curve.high is not None
    np.testing.assert_allclose(curve.high[: len(bins)], bins.max(axis=1), rtol=1e-6)


def test_absent_stays_absent(data: ViewData) -> None:
    scene = data.scene(view_of(data, Interval("chr1", GAP.start + 500, GAP.start + 900)))
    row = next(row for row in scene.rows if row.key == "K562_CTCF")
    assert isinstance(row, ValueRow)
    seen = row.curves[0].visible(GAP.start + 500, GAP.start + 900)
    assert np.isnan(row.curves[0].mean[seen]).all()


def test_labels_are_bars(data: ViewData, world: World) -> None:
    scene = data.scene(view_of(data))
    bars = next(row for row in scene.rows if row.key == "K562_CTCF/=labels")
    assert isinstance(bars, SpanRow)
    drawn = np.zeros(310_000, dtype=bool)
    for start, end in zip(bars.starts.tolist(), bars.ends.tolist(), strict=True):
        drawn[start:end] = True
    tile = slice(scene.tile.start, scene.tile.end)
    np.testing.assert_array_equal(drawn[tile], world.labels["K562_CTCF"]["chr1"][tile])


def test_models_are_stacked_on_request(data: ViewData) -> None:
    keys = [row.key for row in data.scene(view_of(data, mode="stack")).rows]
    assert "K562_CTCF/cnn7" in keys
    assert "K562_CTCF/dilated" in keys
    assert "K562_CTCF" not in keys


def test_differences_are_of_the_pair_and_of_the_labels(data: ViewData, world: World) -> None:
    view = view_of(data, differences=("models", "labels"), pair=("dilated",))
    rows = {row.key: row for row in data.scene(view).rows}
    between = rows["K562_CTCF/=models"]
    assert isinstance(between, ValueRow)
    curve = between.curves[0]
    span = slice(curve.start, curve.start + len(curve.mean))
    scores = {
        model: world.scores[model]["K562_CTCF"]["chr1"][span] for model in ("cnn7", "dilated")
    }
    np.testing.assert_allclose(curve.mean, scores["dilated"] - scores["cnn7"], rtol=1e-6)
    assert (curve.style, curve.below) == (style_of("dilated"), style_of("cnn7"))
    less = rows["K562_CTCF/cnn7/=labels"]
    assert isinstance(less, ValueRow)
    truth = world.labels["K562_CTCF"]["chr1"][span]
    np.testing.assert_allclose(less.curves[0].mean, scores["cnn7"] - truth, rtol=1e-5)


def test_other_tracks_have_rows_of_their_own(data: ViewData) -> None:
    rows = {row.key: row for row in data.scene(view_of(data, tracks=("signal",))).rows}
    row = rows["signal"]
    assert isinstance(row, ValueRow)
    assert row.curves[0].style is None
    assert row.curves[0].mean[0] == row.curves[0].start


def test_a_removed_file_is_a_row_that_says_so(world: World, tmp_path: Path) -> None:
    copy = tmp_path / "signal.bw"
    copy.write_bytes((world.folder / "signal.bw").read_bytes())
    data = ViewData(open_sources([world.folder / "sweeps", copy]))
    copy.unlink()
    rows = {row.key: row for row in data.scene(view_of(data, tracks=("signal",))).rows}
    row = rows["signal"]
    assert isinstance(row, ValueRow)
    assert row.curves == ()
    assert "restore it" in row.problem
    assert row.height < rows["K562_CTCF"].height / 2
    assert rows["K562_CTCF"]


def test_letters_stand_where_they_fit(data: ViewData, world: World) -> None:
    truth = (world.folder / "genome.fa").read_text().split("\n")[1]
    scene = data.scene(view_of(data, Interval("chr1", 5_000, 5_100)))
    letters = scene.rows[-1]
    assert isinstance(letters, LetterRow)
    assert letters.letters == truth[letters.start : letters.start + len(letters.letters)]
    assert letters.start <= 5_000
    assert letters.start + len(letters.letters) >= 5_100
    assert not any(isinstance(row, LetterRow) for row in data.scene(view_of(data)).rows)


def test_genes_come_when_they_are_read(world: World) -> None:
    sources = world.open(genes=world.folder / "genes.gtf")
    assert sources.gene_file is not None
    sources.gene_file.wait(20)
    data = ViewData(sources)
    row = data.scene(view_of(data, Interval("chr1", 1_500, 1_900))).rows[-1]
    assert isinstance(row, GeneRow)
    assert row.names == ("NOL9",)
    assert row.strands == ("+",)
    # its name follows the edge of the view, within the gene
    assert row.starts[0] <= row.named_at[0] <= 1_500
    found = choices_of(sources).find_gene
    assert found is not None
    assert found("nol9") == Interval("chr1", 1_000, 2_000)


GTF = """\
chr1\tx\tgene\t1001\t9000\t.\t+\t.\tgene_id "G1"; gene_name "NOL9";
chr1\tx\texon\t1001\t2000\t.\t+\t.\tgene_id "G1"; transcript_id "T1";
chr1\tx\texon\t8001\t9000\t.\t+\t.\tgene_id "G1"; transcript_id "T1";
chr1\tx\tCDS\t1501\t2000\t.\t+\t.\tgene_id "G1"; transcript_id "T1";
chr1\tx\texon\t4001\t4500\t.\t+\t.\tgene_id "G1"; transcript_id "T2";
"""


def test_all_transcripts_have_lanes_and_thick_coding_parts(world: World, tmp_path: Path) -> None:
    (tmp_path / "genes.gtf").write_text(GTF)
    sources = world.open(genes=tmp_path / "genes.gtf")
    assert sources.gene_file is not None
    sources.gene_file.wait(20)
    data = ViewData(sources)
    view = view_of(data, Interval("chr1", 500, 9_500))
    one, every = (data.scene(replace(view, genes=shown)).rows[-1] for shown in ("one", "all"))
    assert isinstance(one, GeneRow)
    assert isinstance(every, GeneRow)
    assert (one.names, every.names) == (("NOL9",), ("NOL9", "NOL9"))
    assert sorted(every.lanes.tolist()) == [0, 1]
    for row in (one, every):
        assert (row.thick_starts.tolist(), row.thick_ends.tolist()) == ([1_500], [2_000])
    assert every.exon_starts.tolist() == [1_000, 8_000, 4_000]
    parts = [trace["y"]["bdata"] for trace, _ in traces_of(every, (0, 1), PLAIN)[:3]]
    heights = [np.frombuffer(base64.b64decode(part), dtype="<f4") for part in parts]
    tall = [np.ptp(part[:5]) for part in heights]  # of the first gene, exon and coding part
    assert tall[0] < tall[1] < tall[2]


def test_the_split_is_told(data: ViewData) -> None:
    assert data.scene(view_of(data)).splits == (("train", 1.0),)
    assert data.scene(view_of(data, Interval("chr2", 10_000, 30_000))).splits == (("test", 1.0),)


def test_the_scene_of_a_whole_chromosome_says_that_it_is_a_summary(data: ViewData) -> None:
    scene = data.scene(view_of(data, Interval("chr1", 0, 310_000)))
    assert not scene.exact
    assert 1 < scene.reduction <= scene.tile.step
