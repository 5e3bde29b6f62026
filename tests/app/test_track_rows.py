"""Labels in the bins of a curve."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from dash._utils import to_json
from hypothesis import given, strategies as st
from regtrack_app.choices import choices_of
from regtrack_app.figures import draw
from regtrack_app.rows import Curve, ValueRow
from regtrack_app.state import default_view
from regtrack_app.track_rows import labelled_share
from regtrack_app.view_data import ViewData

from regtrack.compare.base_rates import BaseRates
from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals

stretches = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=8)


@given(stretches, st.integers(1, 7), st.integers(0, 20))
def test_labelled_share_is_the_mean_of_the_labels(
    found: list[tuple[int, int]], step: int, start: int
) -> None:
    labels = np.zeros(400, dtype=bool)
    for low, length in found:
        labels[low : low + length] = True
    curve = Curve("m", None, start, step, np.zeros(40, dtype=np.float32))
    share = labelled_share(Intervals.from_mask(labels), curve)
    bins = labels[start : start + 40 * step].reshape(40, step)
    np.testing.assert_allclose(share, bins.mean(axis=1), atol=1e-6)


def test_what_is_no_number_is_drawn_as_a_gap(tmp_path: Path) -> None:
    values = [1.0, math.nan, math.inf, -math.inf, 3e38, 2.0] + [0.5] * 34
    with pyBigWig.open(str(tmp_path / "a.bw"), "w") as file:
        file.addHeader([("chr1", 40)])
        file.addEntries("chr1", 0, values=values, span=1, step=1)
    with open_sources([tmp_path / "a.bw"]) as sources:
        view = replace(default_view(choices_of(sources)), region=Interval("chr1", 0, 40))
        rows = ViewData(sources).scene(view).rows
    (row,) = [row for row in rows if isinstance(row, ValueRow)]
    assert np.isnan(row.curves[0].mean).tolist() == [False, *[True] * 4, *[False] * 35]
    figure = draw(rows, view.region, 40).figure()

    def refuse(name: str) -> None:
        raise AssertionError(name)

    found = json.loads(to_json(figure), parse_constant=refuse)
    assert found["layout"]["yaxis"]["range"] == [0, 2]
    line, ground = found["data"][1]["y"], found["data"][0]["y"]
    drawn = [np.frombuffer(base64.b64decode(y["bdata"]), dtype="<f4") for y in (line, ground)]
    assert np.isnan(drawn[0]).sum() == 4
    assert np.isfinite(drawn[1]).all()
    assert drawn[1].max() == 2


def test_fold_is_over_the_base_rate_of_the_labels(sources: Sources) -> None:
    view = replace(default_view(choices_of(sources)), region=Interval("chr1", 100_000, 101_000))
    plain, fold = (
        next(
            row
            for row in ViewData(sources).scene(replace(view, axis=axis)).rows
            if row.key == "K562_CTCF"
        )
        for axis in ("linear", "fold")
    )
    assert isinstance(plain, ValueRow)
    assert isinstance(fold, ValueRow)
    assert (plain.unit, fold.unit) == ("", "×")
    rate = BaseRates(sources).rate("K562_CTCF")
    assert rate
    for one, other in zip(plain.curves, fold.curves, strict=True):
        np.testing.assert_allclose(other.mean * rate, one.mean, rtol=1e-5)


def test_fold_of_a_signal_is_over_its_own_median(sources: Sources) -> None:
    (signal,) = sources.catalog.others
    view = replace(default_view(choices_of(sources)), tracks=(signal.id,), axis="fold")
    row = next(row for row in ViewData(sources).scene(view).rows if row.key == signal.id)
    assert isinstance(row, ValueRow)
    median = BaseRates(sources).median(signal.id)
    assert median
    values = sources.bins(
        signal.id, "chr1", row.curves[0].start, row.curves[0].start + 1_000, 1_000
    )
    assert row.curves[0].mean[0] == pytest.approx(values.mean[0] / median, rel=0.2)


def test_a_model_with_a_spread_is_drawn_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "ensemble"
    folder.mkdir()
    entries = []
    for name, kind, value in (("e.M.bw", "scores", 0.5), ("e.M.spread.bw", "spread", 0.125)):
        with pyBigWig.open(str(folder / name), "w") as file:
            file.addHeader([("chr1", 400)])
            file.addEntries("chr1", 0, values=[value] * 400, span=1, step=1)
        entries.append({"file": name, "marker": "M", "category": "TF", "values": kind})
    record = {"checkpoint": {"model": "ensemble"}, "reference": {}, "tracks": entries}
    (folder / "sweep.json").write_text(json.dumps(record))
    with open_sources([folder]) as sources:
        assert choices_of(sources).tracks == ()
        view = replace(default_view(choices_of(sources)), region=Interval("chr1", 0, 400))
        for axis in ("linear", "fold"):
            rows = ViewData(sources).scene(replace(view, axis=axis)).rows
            (row,) = [row for row in rows if isinstance(row, ValueRow)]
            spread = row.curves[0].spread
            assert spread is not None
            np.testing.assert_allclose(spread, row.curves[0].mean / 4)
