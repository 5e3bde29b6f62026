"""Columns of many tracks at once: against pyBigWig, against the values, and one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyBigWig
import pytest
from small_tracks import write_bigwig

from regtrack.errors import TrackError
from regtrack.tracks import summaries
from regtrack.tracks.bigwig.nearby import near_blocks
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.binning import bin_track
from regtrack.tracks.summaries import Grid, summarise_tracks

LENGTH = 400_000
GAP = slice(100_000, 130_000)
Floats = npt.NDArray[np.float32]


def smooth(seed: int) -> Floats:
    """Smooth noise with one long gap and many small ones."""
    random = np.random.default_rng(seed)
    values = np.convolve(random.random(LENGTH), np.ones(50) / 50, "same").astype(np.float32)
    values[GAP] = np.nan
    values[200_000:210_000][random.random(10_000) < 0.3] = np.nan
    return values


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files with the same chromosomes and gaps."""
    folder, other = tmp_path_factory.mktemp("summaries"), np.arange(5000, dtype=np.float32)
    return [
        write_bigwig(folder / f"{seed}.bw", {"chr10": other, "chr2": smooth(seed), "chr3": other})
        for seed in range(3)
    ]


@pytest.fixture
def alike(paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[RawBigWig | None]]:
    """These files, none of which may be read a second time."""

    def again(*_: object, **__: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(summaries, "bin_track", again)
    with ExitStack() as opened:
        yield [opened.enter_context(RawBigWig(path)) for path in paths]


@pytest.fixture
def several(paths: list[Path], tmp_path: Path) -> Iterator[list[RawBigWig | None]]:
    """One that is missing, and files that are usual, of other chromosomes, and spoilt."""
    spoilt = tmp_path / "spoilt.bw"
    file = pyBigWig.open(str(spoilt), "w")
    file.addHeader([("chr1", 10), ("chr2", LENGTH)])
    stored = np.nan_to_num(smooth(0))
    stored[[5, 150_000]] = np.inf
    file.addEntries("chr2", 0, values=stored, span=1, step=1)
    file.close()
    elsewhere = write_bigwig(tmp_path / "elsewhere.bw", {"chr3": smooth(0)[:10_000]})
    truncated = tmp_path / "truncated.bw"
    truncated.write_bytes(paths[0].read_bytes())
    with ExitStack() as opened:
        raws = [
            opened.enter_context(RawBigWig(one))
            for one in (paths[0], spoilt, elsewhere, truncated, paths[0])
        ]
        with truncated.open("r+b") as damaged:
            for leaf in raws[3].zoom_index(raws[3].header.zooms[0]):
                damaged.seek(int(leaf["offset"]))
                damaged.write(b"damaged!")
        yield [None, *raws]


def by_pybigwig(path: Path, grid: Grid) -> tuple[Floats, Floats]:
    """The columns of a file: means and maxima of the bases that pyBigWig reads, NaN of none."""
    bases = np.full(grid.end - grid.start, np.nan)
    with pyBigWig.open(str(path)) as file:
        read = file.values("chr2", grid.start, min(grid.end, LENGTH), numpy=True)
    bases[: len(read)] = read
    columns = bases.reshape(-1, grid.step)
    known = np.isfinite(columns).sum(axis=1)
    sums = np.nansum(columns, axis=1)
    means = np.divide(sums, known, out=np.full(len(known), np.nan), where=known > 0)
    return means.astype(np.float32), np.fmax.reduce(columns, axis=1).astype(np.float32)


@pytest.mark.parametrize("wider", [False, True])
@pytest.mark.parametrize(
    "asked",
    [
        Grid("chr2", 51_200, 128, 100),
        Grid("chr2", 51_200, 256, 100),
        Grid("chr2", 40_960, 2_048, 60),
        Grid("chr2", 98_304, 512, 80),
        Grid("chr2", 0, 4_096, 98),
        Grid("chr2", 0, 128, 3),
        Grid("chr2", 196_608, 1_024, 20),
        Grid("chr2", 393_216, 1_024, 7),
    ],
    ids=lambda grid: f"{grid.columns} of {grid.step} bp",
)
def test_columns_are_the_means_and_maxima_of_their_bases(
    alike: list[RawBigWig | None], paths: list[Path], asked: Grid, wider: bool
) -> None:
    found = summarise_tracks(alike, asked, wider=wider)
    grid = Grid("chr2", found.start, asked.step, found.mean.shape[1])
    assert grid.start <= asked.start < asked.end <= grid.end
    assert wider or grid.columns == asked.columns
    assert found.mean.shape == found.high.shape == (3, grid.columns)
    for path, mean, high in zip(paths, found.mean, found.high, strict=True):
        means, maxima = by_pybigwig(path, grid)
        np.testing.assert_allclose(mean, means, rtol=2e-6)
        np.testing.assert_array_equal(high, maxima)


def test_what_was_unpacked_beside_a_stretch_is_not_lost(alike: list[RawBigWig | None]) -> None:
    found = summarise_tracks(alike, Grid("chr2", 51_200, 128, 10), wider=True)
    assert found.start == 0
    assert found.mean.shape[1] >= 782  # up to the gap


def test_only_the_first_part_of_a_block_is_unpacked(
    alike: list[RawBigWig | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = Grid("chr2", 163_840, 128, 100)
    whole = summarise_tracks(alike, grid, wider=True)
    monkeypatch.delattr(RawBigWig, "records_at")
    part = summarise_tracks(alike, grid)
    skipped = (grid.start - whole.start) // 128
    np.testing.assert_array_equal(part.mean, whole.mean[:, skipped : skipped + 100])


def test_files_that_differ_are_as_one_by_one(several: list[RawBigWig | None]) -> None:
    for start, step, columns in ((0, 128, 400), (1_234, 1_250, 317), (64, 2, 100)):
        grid = Grid("chr2", start, step, columns)
        found = summarise_tracks(several, grid)
        assert found.mean.shape == found.high.shape == (6, columns)
        for raw, mean, high in zip(several, found.mean, found.high, strict=True):
            try:
                assert raw is not None
                bins = bin_track(raw, "chr2", start, grid.end, columns, exact_up_to=0)
            except (AssertionError, TrackError):
                assert np.isnan([mean, high]).all()
                continue
            np.testing.assert_allclose(mean, bins.mean, rtol=1e-6)
            np.testing.assert_array_equal(high, bins.high)
        assert np.isfinite(found.mean[[1, 2, 5]]).any(axis=1).all()


def test_a_stretch_without_values_is_read_only_once(alike: list[RawBigWig | None]) -> None:
    for start, step in ((105_000, 400), (90_000, 1_000)):
        for raws in (alike, alike[:1]):
            found = summarise_tracks(raws, Grid("chr2", start, step, 50))
            assert np.isnan([found.mean, found.high]).any()
    assert np.isfinite(found.mean).any()


def test_a_file_with_far_more_records_than_columns_is_read_in_pieces(
    paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "_BESIDE", -16 * 300)  # no record at all
    with RawBigWig(paths[0]) as raw:
        found = summarise_tracks([raw], Grid("chr2", 0, 128, 300))
        bins = bin_track(raw, "chr2", 0, 38_400, 300, exact_up_to=0)
    np.testing.assert_array_equal(found.mean[0], bins.mean)
    np.testing.assert_array_equal(found.high[0], bins.high)


@pytest.mark.parametrize("chrom", ["chr10", "chr2", "chr3"])
def test_blocks_near_a_stretch_are_those_of_the_whole_index(paths: list[Path], chrom: str) -> None:
    with RawBigWig(paths[0]) as raw:
        number = raw.chrom(chrom).number
        for level in raw.header.zooms:
            leaves = raw.zoom_index(level)
            for start, end in ((0, 10), (3_000, 5_000), (131_000, 131_100), (0, LENGTH)):
                near = [
                    int(leaf["offset"])
                    for leaf in leaves
                    if (leaf["first_chrom"], leaf["start"]) < (number, end)
                    and (leaf["last_chrom"], leaf["end"]) > (number, start)
                ]
                found = near_blocks(raw.source, level.index_at, "index", number, (start, end))
                assert found is not None
                assert [place.at for place in found] == near
