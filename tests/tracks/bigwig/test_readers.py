"""Our files in third-party readers: every value, and the same summaries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bigwig_readers import (
    BIN_READERS,
    READERS,
    STATISTICS,
    Track,
    covered_apart,
    gmod_track,
    read_gmod,
)
from bigwig_tracks import Case, cases, own_track, pieces, written, zoom_levels
from hypothesis import given, settings, strategies as st

from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.validate import validate


def agrees(case: Case, track: Track) -> bool:
    """Whether a reader found every value, and no others."""
    return set(track) == set(case.assembly.names) and all(
        np.array_equal(values.astype(np.float32), case.by_base(chrom), equal_nan=True)
        for chrom, values in track.items()
    )


@settings(deadline=None, max_examples=60)
@given(cases())
def test_every_reader_reads_back_every_value(case: Case) -> None:
    with written(case) as path:
        for name, read in READERS.items():
            assert agrees(case, read(path)), name
        assert agrees(case, own_track(path))
        assert validate(path, case.assembly).findings == ()


def test_javascript_reads_back_every_value(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    made: list[tuple[Case, Path]] = []
    for number in range(20):
        names = ("chr2", "chr10", "chr1")[: 1 + number % 3]
        lengths = tuple(int(n) for n in rng.integers(1, 30_000, len(names)))
        resolution = (1, 1, 10, 25)[number % 4]
        values = {c: pieces(rng, -(-n // resolution)) for c, n in zip(names, lengths, strict=True)}
        case = Case(Assembly(names, lengths), values, resolution)
        case.write(tmp_path / f"{number}.bw")
        made.append((case, tmp_path / f"{number}.bw"))
    found = read_gmod([path for _, path in made])
    for (case, _), chroms in zip(made, found, strict=True):
        assert agrees(case, gmod_track(chroms))


@pytest.fixture(scope="module")
def smooth(tmp_path_factory: pytest.TempPathFactory) -> tuple[np.ndarray, Path]:
    """Probabilities with gaps over 2**20 bases, which are complete bins at every level."""
    values = np.random.default_rng(3).random(2**20, dtype=np.float32)
    values[5_000:9_000] = np.nan
    values[300_000:420_000] = np.nan
    values[600_000:690_000] = 0.125
    case = Case(Assembly(("chr1",), (2**20,)), {"chr1": values})
    path = tmp_path_factory.mktemp("smooth") / "smooth.bw"
    case.write(path)
    return values, path


def truth(values: np.ndarray, count: int) -> dict[str, np.ndarray]:
    table = values.reshape(count, -1).astype(np.float64)
    present = ~np.isnan(table)
    empty = ~present.any(axis=1)
    sums = np.where(present, table, 0).sum(axis=1)
    return {
        "mean": np.where(empty, np.nan, sums / np.maximum(present.sum(axis=1), 1)),
        "min": np.where(empty, np.nan, np.where(present, table, np.inf).min(axis=1)),
        "max": np.where(empty, np.nan, np.where(present, table, -np.inf).max(axis=1)),
        "coverage": present.mean(axis=1),
    }


@pytest.mark.parametrize("count", [2**20 // 512, 2**20 // 8192, 16])
@pytest.mark.parametrize("reader", BIN_READERS)
def test_readers_find_the_same_summaries(
    smooth: tuple[np.ndarray, Path], reader: str, count: int
) -> None:
    values, path = smooth
    expected = truth(values, count)
    found = BIN_READERS[reader](path, "chr1", len(values), count)
    assert set(found) <= set(STATISTICS)
    for name, numbers in found.items():
        if name == "coverage":
            numbers = np.nan_to_num(numbers)  # noqa: PLW2901 - some give NaN as the coverage of nothing
        np.testing.assert_allclose(numbers, expected[name], rtol=1e-6, atol=1e-9, err_msg=name)


def test_every_zoom_record_agrees_with_the_data(smooth: tuple[np.ndarray, Path]) -> None:
    import pybigtools

    values, path = smooth
    with pybigtools.open(str(path)) as file:
        assert file.zooms() == list(zoom_levels(path))
        for reduction in file.zooms():
            count = len(values) // reduction
            expected = truth(values, count)
            bins = [
                (start // reduction, record)
                for start, end, record in file.zoom_records(reduction, "chr1", 0, len(values))
            ]
            held = [number for number, _ in bins]
            assert held == np.flatnonzero(expected["coverage"]).tolist()
            for field, wanted in (
                ("bases_covered", expected["coverage"] * reduction),
                ("min_val", expected["min"]),
                ("max_val", expected["max"]),
                ("sum", expected["mean"] * expected["coverage"] * reduction),
            ):
                numbers = [record[field] for _, record in bins]
                np.testing.assert_allclose(numbers, wanted[held], rtol=1e-7, err_msg=field)


def test_javascript_finds_the_same_summaries(smooth: tuple[np.ndarray, Path]) -> None:
    values, path = smooth
    records = np.array(read_gmod([path], 2048)[0]["chr1"]["drawn"])
    widths = records[:, 1] - records[:, 0]
    assert (widths == widths[0]).all()
    expected = truth(values, len(values) // int(widths[0]))
    held = (records[:, 0] // widths[0]).astype(int)
    assert held.tolist() == np.flatnonzero(expected["coverage"]).tolist()
    for column, name in ((2, "mean"), (3, "min"), (4, "max")):
        np.testing.assert_allclose(records[:, column], expected[name][held], rtol=1e-6)


@settings(deadline=None, max_examples=60)
@given(cases(), st.booleans())
def test_summaries_do_not_depend_on_cuts(case: Case, aligned: bool) -> None:
    cuts = {
        chrom: [cut // 128 * 128 if aligned else cut for cut in found]
        for chrom, found in case.cuts.items()
    }
    whole = Case(case.assembly, case.values, case.resolution)
    cut = Case(case.assembly, case.values, case.resolution, cuts)
    with written(whole) as left, written(cut) as right:
        for one, other in zip(zoom_levels(left).values(), zoom_levels(right).values(), strict=True):
            if aligned or len(one) == 0:
                assert one.tobytes() == other.tobytes()
                continue
            for name in ("chrom", "start", "end", "valid", "min", "max"):
                assert (one[name] == other[name]).all()
            wide = {name: one[name].astype(np.float64) for name in ("valid", "sum", "squares")}
            scale = np.sqrt(wide["valid"] * wide["squares"])
            assert (np.abs(one["sum"] - other["sum"].astype(np.float64)) <= 1e-6 * scale).all()


def test_an_empty_file_crashes_no_reader(tmp_path: Path) -> None:
    assembly = Assembly(("chr1", "chr2"), (30_000, 5))
    paths = [tmp_path / "absent.bw", tmp_path / "nothing.bw"]
    for path, count in zip(paths, (30_000, 0), strict=True):
        with create_bigwig(path, assembly) as file:
            file.write("chr1", 0, np.full(count, np.nan, dtype=np.float32))
        assert validate(path, assembly).valid
    for reader in READERS:
        assert covered_apart(reader, paths) == [{"chr1": 0, "chr2": 0}] * 2
    for found in read_gmod(paths) + read_gmod(paths, 1_000):
        assert [chrom["drawn"] for chrom in found.values()] == [[], []]


def contigs(count: int) -> Case:
    rng = np.random.default_rng(count)
    names = tuple(f"contig{number}" for number in range(count))
    lengths = tuple(int(n) for n in rng.integers(1, 300, count))
    values = {c: rng.random(n, dtype=np.float32) for c, n in zip(names, lengths, strict=True)}
    return Case(Assembly(names, lengths), values)


def test_more_contigs_than_nodes_hold(tmp_path: Path) -> None:
    """More than one level in both trees, whose nodes have 256 items."""
    case, path = contigs(600), tmp_path / "contigs.bw"
    case.write(path)
    for name, read in READERS.items():
        assert agrees(case, read(path)), name
    assert agrees(case, own_track(path))
    assert validate(path, case.assembly).valid


def test_hundreds_of_contigs_in_javascript(tmp_path: Path) -> None:
    case, path = contigs(300), tmp_path / "contigs.bw"
    case.write(path)
    assert agrees(case, gmod_track(read_gmod([path])[0]))
