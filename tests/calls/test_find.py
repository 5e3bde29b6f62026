"""Peaks of a bigWig, against peaks found base by base and by MACS3's own rule."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyBigWig
import pytest
from hypothesis import given as drawn, settings, strategies as st
from small_tracks import write_bigwig

from regtrack.calls.find import find_peaks
from regtrack.tracks.bigwig.raw import RawBigWig

Row = tuple[int, int, float, int]


def found(path: Path, **rule: float) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    with RawBigWig(path) as raw:
        for chrom, peaks in find_peaks(raw, **rule):  # type: ignore[arg-type]
            assert chrom not in rows
            columns = (peaks.starts, peaks.ends, peaks.highs, peaks.summits)
            rows[chrom] = list(zip(*(column.tolist() for column in columns), strict=True))
            assert peaks.bases == sum(row[1] - row[0] for row in rows[chrom])
    return rows


def by_hand(
    values: npt.NDArray[np.float32], high: float, low: float, min_length: int, max_gap: int
) -> list[Row]:
    """The same peaks, one base after another."""
    above = [at for at, value in enumerate(values.tolist()) if value >= np.float32(low)]
    groups: list[list[int]] = []
    for at in above:
        if groups and at - groups[-1][-1] - 1 <= max_gap:
            groups[-1].append(at)
        else:
            groups.append([at])
    rows = []
    for group in groups:
        start, end = group[0], group[-1] + 1
        top = max(values[group].tolist())
        if top >= np.float32(high) and end - start >= min_length:
            first = next(at for at in group if values[at] == top)
            last = first
            while last + 1 < end and values[last + 1] == top:
                last += 1
            rows.append((start, end, top, (first + last) // 2))
    return rows


def signal(seed: int, length: int, gaps: bool = True) -> npt.NDArray[np.float32]:
    """Smooth values with plateaus and absent stretches."""
    random = np.random.default_rng(seed)
    values = np.repeat(random.gamma(0.4, 0.5, length // 7 + 1), 7)[:length]
    values = np.round(np.convolve(values, np.ones(5) / 5, "same"), 2).astype(np.float32)
    for start in random.integers(0, length, 20 if gaps else 0).tolist():
        values[start : start + int(random.integers(1, 60))] = np.nan
    return values


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, npt.NDArray]]:
    """Three chromosomes of several blocks, one of which has no value."""
    values = {
        "chr1": signal(1, 70_001),
        "chr10": np.full(500, np.nan, dtype=np.float32),
        "chr2": signal(2, 20_000),
    }
    return write_bigwig(tmp_path_factory.mktemp("find") / "track.bw", values), values


@pytest.mark.parametrize("by_zoom", [False, True])
@settings(max_examples=12)
@drawn(
    share=st.sampled_from([0.3, 0.8, 1.0]),
    given=st.fixed_dictionaries(
        {
            "high": st.sampled_from([0.05, 0.3, 0.61, 1.2, 9.0]),
            "min_length": st.integers(1, 40),
            "max_gap": st.integers(0, 50),
        }
    ),
)
def test_peaks_are_those_found_base_by_base(
    tracks: tuple[Path, Mapping[str, npt.NDArray[np.float32]]],
    by_zoom: bool,
    share: float,
    given: dict[str, float],
) -> None:
    path, values = tracks
    rule = given | {"low": given["high"] * share}
    expected = {chrom: by_hand(one, **rule) for chrom, one in values.items()}  # type: ignore[arg-type]
    assert found(path, **rule, by_zoom=by_zoom) == {
        chrom: rows for chrom, rows in expected.items() if rows
    }


def test_a_peak_may_span_blocks_and_a_plateau_their_edge(tmp_path: Path) -> None:
    values = np.zeros(50_000, dtype=np.float32)
    values[10_000:40_000] = 0.5
    values[16_300:16_500] = 0.9  # over the edge of the first block
    path = write_bigwig(tmp_path / "long.bw", {"chr1": values})
    rule = {"high": 0.9, "low": 0.5, "min_length": 1, "max_gap": 0}
    assert found(path, **rule) == {
        "chr1": [(10_000, 40_000, pytest.approx(0.9), (16_300 + 16_499) // 2)]
    }


def test_files_of_other_programs_are_read_by_their_items(tmp_path: Path) -> None:
    """bedGraph items of any width, as pyBigWig writes them."""
    path = tmp_path / "other.bw"
    with pyBigWig.open(str(path), "w") as file:
        file.addHeader([("chr1", 10_000)])
        file.addEntries(
            ["chr1"] * 4, [10, 60, 150, 4_000], ends=[60, 100, 170, 4_010],
            values=[1.0, 3.0, 2.0, 9.0],
        )  # fmt: skip
    rule = {"high": 2.0, "low": 1.0, "min_length": 20, "max_gap": 50}
    assert found(path, **rule) == {"chr1": [(10, 170, 3.0, 79)]}
    assert found(path, **rule | {"max_gap": 49}) == {
        "chr1": [(10, 100, 3.0, 79), (150, 170, 2.0, 159)]
    }


def macs3_bdgpeakcall(
    values: npt.NDArray[np.float32], cutoff: float, min_length: int, max_gap: int
) -> list[tuple[int, int]]:
    """The rule of MACS3 `bdgpeakcall`, worked out apart from the code under test.

    MACS3 (3.0, `bedGraphTrackI.call_peaks`) takes the intervals of a bedGraph with a value of at
    least the cutoff, joins one to the last if it begins at most `max_gap` after its end, and keeps
    those of at least `min_length`.
    """
    edges = np.flatnonzero(np.diff(values)) + 1  # a bedGraph has a line per run of equal values
    starts, ends = np.concatenate([[0], edges]), np.concatenate([edges, [len(values)]])
    regions: list[tuple[int, int]] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if values[start] < np.float32(cutoff):
            continue
        if regions and start - regions[-1][1] <= max_gap:
            regions[-1] = (regions[-1][0], end)
        else:
            regions.append((start, end))
    return [(start, end) for start, end in regions if end - start >= min_length]


RULES = [(0.3, 200, 30), (0.5, 20, 0), (1.0, 7, 100)]


@pytest.mark.parametrize(("cutoff", "length", "gap"), RULES)
def test_intervals_are_those_of_macs3_where_its_rules_coincide(
    tmp_path: Path, cutoff: float, length: int, gap: int
) -> None:
    values = signal(3, 60_000, gaps=False)
    path = write_bigwig(tmp_path / "track.bw", {"chr1": values})
    rows = found(path, high=cutoff, low=cutoff, min_length=length, max_gap=gap)
    expected = macs3_bdgpeakcall(values, cutoff, length, gap)
    assert [row[:2] for row in rows.get("chr1", [])] == expected
    assert len(expected) > 5


MACS = shutil.which("macs3") or shutil.which("macs2")


@pytest.mark.skipif(MACS is None, reason="neither MACS3 nor MACS2 is installed")
@pytest.mark.parametrize("absent", [False, True])
def test_macs_itself_finds_the_same_intervals(tmp_path: Path, absent: bool) -> None:
    """It takes bases that a bedGraph leaves out to have the next value, so they are given as 0."""
    values = signal(4, 60_000, gaps=absent)
    path = write_bigwig(tmp_path / "track.bw", {"chr1": values})
    bedgraph = tmp_path / "track.bdg"
    shown = np.nan_to_num(values).tolist()
    bedgraph.write_text("".join(f"chr1\t{at}\t{at + 1}\t{x!r}\n" for at, x in enumerate(shown)))
    for cutoff, length, gap in RULES:
        words = ["-i", bedgraph, "-c", cutoff, "-l", length, "-g", gap, "-o", tmp_path / "macs"]
        subprocess.run([str(MACS), "bdgpeakcall", *map(str, words)], check=True)
        lines = (tmp_path / "macs").read_text().splitlines()
        theirs = [tuple(map(int, line.split("\t")[1:3])) for line in lines if line[:3] == "chr"]
        rows = found(path, high=cutoff, low=cutoff, min_length=length, max_gap=gap)
        assert [row[:2] for row in rows["chr1"]] == theirs
        assert len(theirs) > 5
