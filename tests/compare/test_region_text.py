"""The exported text of a region has the values of the tracks."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
from hypothesis import given, strategies as st
from small_world import World

from regtrack.compare import region_text
from regtrack.compare.open_sources import open_sources
from regtrack.compare.region_text import region_bed, region_csv
from regtrack.compare.sources import Sources
from regtrack.errors import DatasetError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.tracks.bigwig.assemble import create_bigwig

REGION = Interval("chr1", 59_000, 83_000)  # with the gap
IDS = ("cnn7.K562_CTCF", "dilated.K562_CTCF")


def test_csv_holds_every_base(world: World, sources: Sources) -> None:
    rows = list(
        csv.reader(io.StringIO(region_csv(sources, REGION, IDS, ["K562_CTCF", "K562_DNase"])))
    )
    assert rows[0] == ["chrom", "start", "end", *IDS, "label.K562_CTCF", "label.K562_DNase"]
    found = np.full((4, len(REGION)), -1, dtype=np.float32)
    for chrom, start, end, *values in rows[1:]:
        assert chrom == "chr1"
        cells = [np.float32(value) if value else np.nan for value in values]
        found[:, int(start) - REGION.start : int(end) - REGION.start] = np.array(cells)[:, None]
    here = slice(REGION.start, REGION.end)
    for row, model in zip(found, ("cnn7", "dilated"), strict=False):
        np.testing.assert_array_equal(row, world.scores[model]["K562_CTCF"]["chr1"][here])
    for row, marker in zip(found[2:], ("K562_CTCF", "K562_DNase"), strict=True):
        np.testing.assert_array_equal(row, world.labels[marker]["chr1"][here])


@pytest.mark.parametrize("name", ["=1+2", "+a", "-a", "@a", "\ta", "\ra", 'a,"b"', "a\nb", "plain"])
def test_names_in_csv_are_quoted_and_no_formulas(tmp_path: Path, name: str) -> None:
    values = np.array([-1.5, 0.25], dtype=np.float32)
    with create_bigwig(tmp_path / "a.bw", Assembly((name,), (2,))) as file:
        file.write(name, 0, values)
    with open_sources([tmp_path / "a.bw"]) as found:
        track = replace(found.catalog.tracks[0], id=name)
        catalog = replace(found.catalog, tracks=(track,))
        text = region_csv(replace(found, catalog=catalog), Interval(name, 0, 2), [name])
    rows = list(csv.reader(io.StringIO(text, newline="")))
    shown = name if name[0] in "ap" else f"'{name}"
    assert rows == [
        ["chrom", "start", "end", shown], [shown, "0", "1", "-1.5"], [shown, "1", "2", "0.25"],
    ]  # fmt: skip


def test_infinities_are_absent_in_exports(tmp_path: Path) -> None:
    path = tmp_path / "a.bw"
    with pyBigWig.open(str(path), "w") as file:
        file.addHeader([("chr1", 100)])
        file.addEntries("chr1", 0, values=[1.0, math.inf, math.nan, -math.inf, 2.0], span=1, step=1)
    with open_sources([path]) as found:
        region = Interval("chr1", 0, 5)
        assert region_csv(found, region, ["a"]).splitlines()[1:] == [
            "chr1,0,1,1.0", "chr1,1,4,", "chr1,4,5,2.0",
        ]  # fmt: skip
        assert region_bed(found, region, ["a"]).splitlines()[1:] == [
            "chr1\t0\t1\t1.0", "chr1\t4\t5\t2.0",
        ]  # fmt: skip


def test_bed_holds_every_base_with_a_value(world: World, sources: Sources) -> None:
    lines = region_bed(sources, REGION, IDS, ["K562_CTCF", "K562_DNase"]).splitlines()
    heads = [at for at, line in enumerate(lines) if line.startswith("track")]
    assert [lines[at] for at in heads] == [
        'track type=bedGraph name="CNN7 K562_CTCF" color=0,114,178 altColor=0,114,178',
        'track type=bedGraph name="DILATED K562_CTCF" color=213,94,0 altColor=213,94,0',
        'track name="K562_CTCF labels"',
        'track name="K562_DNase labels"',
    ]
    found = np.full(len(REGION), np.nan, dtype=np.float32)
    for line in lines[1 : heads[1]]:
        _, start, end, value = line.split("\t")
        found[int(start) - REGION.start : int(end) - REGION.start] = np.float32(value)
    here = slice(REGION.start, REGION.end)
    np.testing.assert_array_equal(found, world.scores["cnn7"]["K562_CTCF"]["chr1"][here])
    labelled = [line.split("\t") for line in lines[heads[2] + 1 :] if not line.startswith("track")]
    for marker in ("K562_CTCF", "K562_DNase"):
        bases = sum(int(end) - int(start) for _, start, end, name in labelled if name == marker)
        assert bases == world.labels[marker]["chr1"][here].sum()


def test_one_base_without_tracks(sources: Sources) -> None:
    one = Interval("chr1", 5, 6)
    assert len(region_csv(sources, one, IDS[:1]).splitlines()) == 2
    assert region_csv(sources, one, []).splitlines() == ["chrom,start,end", "chr1,5,6"]
    assert region_bed(sources, one, []) == ""


def test_unknown_tracks_and_markers_are_refused(world: World, sources: Sources) -> None:
    for text in (region_csv, region_bed):
        with pytest.raises(TrackError, match="no track has the id"):
            text(sources, REGION, ["/etc/passwd"])
        with pytest.raises(DatasetError, match="open the tracks with labels"):
            text(world.open(labels=None), REGION, IDS, ["K562_CTCF"])


@given(st.integers(1, 400), st.integers(0, 1_000), st.integers(1, 700))
def test_pieces_do_not_cut_runs(piece: int, start: int, size: int) -> None:
    region = Interval("chr1", start, start + size)
    values = np.resize(np.repeat(np.float32([1, np.nan, 2, 0]), [3, 90, 1, 7]), 2_000)

    def read(place: Interval) -> list[Any]:
        return [values[place.start : place.end], np.zeros(len(place), dtype=np.int32)]

    with pytest.MonkeyPatch.context() as patch:
        whole = list(region_text._runs(region, read))
        patch.setattr(region_text, "_PIECE", piece)
        cut = list(region_text._runs(region, read))
    for one, other in zip(_together(whole), _together(cut), strict=True):
        np.testing.assert_array_equal(one, other)


def _together(found: list[Any]) -> list[Any]:
    starts, ends, columns = zip(*found, strict=True)
    return [np.concatenate(part) for part in (starts, ends, *zip(*columns, strict=True))]
