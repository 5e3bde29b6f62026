"""Comparison of whole tracks, against SciPy, scikit-learn and the dashboard's measures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyBigWig
import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import average_precision_score, roc_auc_score
from small_tracks import write_bigwig, write_sweep
from small_world import World

from regtrack.compare import positions, run as module
from regtrack.compare.compared import open_compared
from regtrack.compare.measure_region import measure_region
from regtrack.compare.result import Comparison, PairRow, PeakRow
from regtrack.compare.run import ComparisonRequest, compare_tracks
from regtrack.errors import RegtrackError
from regtrack.files.records import check_seal, read_record
from regtrack.genome.interval import Interval

LENGTHS = {"chr1": 5_003, "chr10": 700, "chr2": 3_000}
Floats = npt.NDArray[np.float32]


def values(seed: int) -> dict[str, Floats]:
    """Smooth values with ties, and absent stretches."""
    random = np.random.default_rng(seed)
    found = {}
    for chrom, length in LENGTHS.items():
        shared = np.random.default_rng(length).gamma(0.6, 1, length)
        row = np.round(shared + random.gamma(0.5, 1.0, length), 2).astype(np.float32)
        for start in random.integers(0, length, 6).tolist():
            row[start : start + 40] = np.nan
        found[chrom] = row
    return found


PEAKS = [("chr1", 100, 900), ("chr1", 2_000, 2_050), ("chr2", 0, 300), ("chr2", 2_900, 3_000)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    for seed, name in enumerate("abc"):
        write_bigwig(folder / f"{name}.bw", values(seed))
    rows = "".join(f"{chrom}\t{start}\t{end}\n" for chrom, start, end in PEAKS)
    (folder / "peaks.bed").write_text(rows)
    return folder


def labelled() -> dict[str, npt.NDArray[np.bool_]]:
    found = {chrom: np.zeros(length, dtype=bool) for chrom, length in LENGTHS.items()}
    for chrom, start, end in PEAKS:
        found[chrom][start:end] = True
    return found


def pair(found: Comparison, first: str, second: str, scope: str = "all") -> PairRow:
    (row,) = [r for r in found.pairs if (r.scope, r.first, r.second) == (scope, first, second)]
    return row


def peak(found: Comparison, track: str, scope: str = "all") -> PeakRow:
    (row,) = [r for r in found.peaks if (r.scope, r.track) == (scope, track)]
    return row


def compare(folder: Path, out: Path, *paths: str, **options: object) -> Comparison:
    request = ComparisonRequest([folder / path for path in paths], **options)  # type: ignore[arg-type]
    return compare_tracks(request, out)


def test_numbers_are_those_of_scipy_and_scikit_learn(folder: Path, tmp_path: Path) -> None:
    found = compare(folder, tmp_path / "out", "a.bw", "b.bw", "peaks.bed")
    one, two, labels = values(0), values(1), labelled()
    for scope in ("all", *LENGTHS):
        chroms = list(LENGTHS) if scope == "all" else [scope]
        first, second, truth = (
            np.concatenate([track[chrom] for chrom in chroms]) for track in (one, two, labels)
        )
        there = ~np.isnan(first) & ~np.isnan(second)
        first, second, truth = first[there].astype(float), second[there].astype(float), truth[there]
        row = pair(found, "a", "b", scope)
        assert row.positions == len(first)
        assert row.pearson == pytest.approx(pearsonr(first, second).statistic, abs=1e-12)
        assert row.spearman == pytest.approx(spearmanr(first, second).statistic, abs=1e-12)
        if not truth.any():
            assert peak(found, "a", scope).average_precision is None
            assert pair(found, "a", "peaks", scope).pearson is None
            continue
        assert pair(found, "a", "peaks", scope).pearson == pytest.approx(
            pearsonr(first, truth.astype(float)).statistic, abs=1e-12
        )
        of = peak(found, "b", scope)
        assert of.average_precision == pytest.approx(average_precision_score(truth, second))
        assert of.roc_auc == pytest.approx(roc_auc_score(truth, second))
        assert (of.labelled, of.base_rate) == (truth.sum(), pytest.approx(truth.mean()))


def test_the_difference_is_a_track_that_others_read(folder: Path, tmp_path: Path) -> None:
    compare(folder, tmp_path / "out", "a.bw", "b.bw")
    with pyBigWig.open(str(tmp_path / "out/difference.bw")) as file:
        for chrom, length in LENGTHS.items():
            found = file.values(chrom, 0, length, numpy=True)
            np.testing.assert_array_equal(found, values(0)[chrom] - values(1)[chrom])


@pytest.mark.parametrize(("at_once", "room"), [(700, 10**9), (1 << 20, 0), (64, 0)])
def test_every_digit_is_the_same_whatever_is_read_at_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, room: int
) -> None:
    paths = ("a.bw", "b.bw", "c.bw", "peaks.bed")
    expected = compare(folder, tmp_path / "one", *paths)
    monkeypatch.setattr(positions, "_AT_ONCE", at_once)
    monkeypatch.setattr(module, "usable_memory", lambda: room)
    again = compare(folder, tmp_path / "two", *paths)
    assert again.to_dict() == expected.to_dict()
    assert again.pearson.tobytes() == expected.pearson.tobytes()


def test_bins_hold_means_and_regions_leave_the_rest_out(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "regions.bed").write_text("chr1\t1015\t2003\nchr2\t40\t90\nchr1\t3000\t3100\n")
    found = compare(
        folder, tmp_path / "out", "a.bw", "b.bw",
        regions=tmp_path / "regions.bed", resolution=10, chroms="chr1",
    )  # fmt: skip
    rows: list[list[float]] = []
    for low in range(0, 5_003, 10):
        inside = [
            at
            for at in range(low, min(low + 10, 5_003))
            if 1_015 <= at < 2_003 or 3_000 <= at < 3_100
        ]
        parts = [track["chr1"][inside].astype(float) for track in (values(0), values(1))]
        if all((~np.isnan(part)).any() for part in parts):
            rows.append([float(np.float32(np.nanmean(part))) for part in parts])
    first, second = np.array(rows).T
    row = pair(found, "a", "b")
    assert (row.positions, found.bases) == (len(rows), 988 + 100)
    assert row.pearson == pytest.approx(pearsonr(first, second).statistic, abs=1e-9)
    assert row.spearman == pytest.approx(spearmanr(first, second).statistic, abs=1e-9)
    with pyBigWig.open(str(tmp_path / "out/difference.bw")) as file:
        stored = file.intervals("chr1")
        assert (stored[0][0], stored[-1][1]) == (1_010, 3_100)
        assert stored[0][2] == pytest.approx(first[0] - second[0], abs=1e-5)
        assert file.intervals("chr2") is None


def test_absent_values_may_count_as_zero(folder: Path, tmp_path: Path) -> None:
    found = compare(folder, tmp_path / "out", "a.bw", "b.bw", missing_as_zero=True)
    first, second = (
        np.nan_to_num(np.concatenate(list(values(seed).values()))).astype(float) for seed in (0, 1)
    )
    row = pair(found, "a", "b")
    assert row.positions == sum(LENGTHS.values())
    assert row.pearson == pytest.approx(pearsonr(first, second).statistic, abs=1e-12)


def test_a_region_has_every_digit_of_the_dashboards_measures(world: World, tmp_path: Path) -> None:
    with world.open() as sources:
        marker = next(one.name for one in sources.catalog.markers if sources.has_labels(one.name))
        model = sources.catalog.models[0]
        chrom = sources.assembly.names[0]
        region = Interval(chrom, 1_000, min(30_000, sources.assembly.length(chrom)))
        (shown,) = measure_region(sources, region, [marker], [model.id])
        track = sources.catalog.find(model.id, marker)
        assert shown.measures is not None and track is not None
        peaks = sources.labelled(marker, chrom, 0, sources.assembly.length(chrom))
        (tmp_path / "labels.bed").write_text("".join(f"{chrom}\t{s}\t{e}\n" for s, e in peaks))
        (tmp_path / "region.bed").write_text(f"{region.chrom}\t{region.start}\t{region.end}\n")
        request = ComparisonRequest(
            [track.path, tmp_path / "labels.bed"], regions=tmp_path / "region.bed"
        )
    found = compare_tracks(request, tmp_path / "out")
    row, of = found.pairs[0], found.peaks[0]
    assert row.pearson == shown.measures.correlation
    assert of.average_precision == shown.measures.average_precision
    assert of.roc_auc == shown.measures.roc_auc
    assert (of.labelled, of.positions) == (shown.measures.positives, shown.measures.bases)


def test_the_files_hold_the_numbers_and_figures_are_added(folder: Path, tmp_path: Path) -> None:
    request = ComparisonRequest([folder / "a.bw", folder / "b.bw", folder / "peaks.bed"])
    found = compare_tracks(request, tmp_path / "out", draw=lambda _, to: (to / "x.png").touch())  # type: ignore[func-returns-value]
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"compare.json", "correlations.csv", "peaks.csv", "difference.bw", "x.png"}
    record = read_record(tmp_path / "out" / "compare.json")
    check_seal(record)
    assert json.loads(json.dumps(found.to_dict())).items() <= record.items()
    assert found.pair is not None
    assert found.pair.counts.sum() == found.pair.ratios.sum() == found.pairs[0].positions
    counted = found.pair.counts.sum(axis=1)
    first = np.concatenate(list(values(0).values()))
    first = first[~np.isnan(first) & ~np.isnan(np.concatenate(list(values(1).values())))]
    expected, _ = np.histogram(
        np.log2(first.astype(float) + (found.pair.offset or 0)), found.pair.edges
    )
    assert abs(counted - expected).sum() <= 0.01 * len(first)  # values at an edge


def test_sweeps_are_compared_by_their_markers(tmp_path: Path) -> None:
    for model, seed in (("cnn7", 0), ("dilated", 1)):
        write_sweep(tmp_path / model, model, {"m1": values(seed), "m2": values(2)})
    paths = [tmp_path / "cnn7", tmp_path / "dilated"]
    with open_compared(paths, markers="m1") as inputs:
        assert inputs.names == ("cnn7.m1", "dilated.m1")
    with open_compared(paths, names=["p", "q", "r", "s"]) as inputs:
        assert inputs.names == ("p", "q", "r", "s")


def test_markers_of_saliency_are_chosen_too(tmp_path: Path) -> None:
    tracks = {"m1": values(0), "m2": values(1)}
    write_sweep(tmp_path / "s", "cnn1", tracks, "gradient-x-input of all outputs")
    write_bigwig(tmp_path / "a.bw", values(2))
    paths = [tmp_path / "s", tmp_path / "a.bw"]
    with open_compared(paths, markers=["m2"]) as inputs:
        assert inputs.names == ("cnn1.m2", "a")
    with (
        pytest.raises(RegtrackError, match='no marker matches "m3"'),
        open_compared(paths, markers=["m3"]),
    ):
        pass


class Counted:
    """Progress that adds up what was said to be done."""

    def __init__(self) -> None:
        self.total, self.done = 0.0, 0.0

    @contextmanager
    def task(self, _description: str, total: float | None, _unit: str) -> Iterator[Counted]:
        self.total = total or 0.0
        yield self

    def advance(self, amount: float = 1, note: str | None = None) -> None:
        self.done += amount


@pytest.mark.parametrize(("options", "total"), [
    ({}, 3 * sum(LENGTHS.values())),
    ({"resolution": 1_000_000}, 3 * sum(LENGTHS.values())),
    ({"resolution": 7, "chroms": ["chr2"]}, 2 * LENGTHS["chr2"]),
    ({"resolution": 100, "regions": "peaks.bed"}, 3 * (800 + 50 + 300 + 100)),
])  # fmt: skip
def test_progress_ends_at_its_total(
    folder: Path, tmp_path: Path, options: dict[str, Any], total: int
) -> None:
    only = {chrom: np.full(n, np.nan, dtype=np.float32) for chrom, n in LENGTHS.items()}
    only["chr2"][:] = np.arange(LENGTHS["chr2"])  # the other chromosomes have nothing to rank
    second = write_bigwig(tmp_path / "only.bw", only)
    if "regions" in options:
        options = {**options, "regions": folder / options["regions"]}
    counted = Counted()
    request = ComparisonRequest([folder / "a.bw", second], **options)
    compare_tracks(request, tmp_path / "out", progress=counted)
    assert (counted.total, counted.done) == (total, total)


def other_assembly(path: Path) -> None:
    write_bigwig(path, {"chr1": np.ones(90, dtype=np.float32)})


@pytest.mark.parametrize(
    ("words", "options", "said"),
    [
        (["a.bw"], {}, "found 1 track or set of labels; expected at least two"),
        (["a.bw", "gone.bw"], {}, "nothing at"),
        (["a.bw", "sub/a.bw"], {}, 'are both called "a"; give each a name by `names`'),
        (["a.bw", "b.bw"], {"names": ["x"]}, "`names` has 1 names for 2 tracks and labels"),
        (["a.bw", "other.bw"], {}, "chr1 is 5,003 bp in .* and 90 bp in .*same assembly"),
        (["peaks.bed", "twice.bed"], {}, "found labels alone; expected at least one bigWig"),
        (["a.bw", "far.bed"], {}, "has no peak of far on the tracks"),
        (["a.bw", "b.bw"], {"resolution": 0}, "`resolution` is 0 bp; expected at least 1"),
        (["a.bw", "b.bw"], {"resolution": 2**32}, "expected at most 4,294,967,295"),
        (["a.bw", "b.bw"], {"chroms": ["chr9"]}, 'chromosome "chr9" is not in the assembly'),
        (["a.bw", "b.bw"], {"regions": "far.bed"}, "has no base on the chromosomes"),
        (["a.bw", "b.bw"], {"markers": ["X"]}, "`markers` chooses among those of sweeps"),
        (["a.bw", "peaks.bed"], {"markers": ["X"]}, "none of these is given; omit `markers`"),
        (["a.bw", "empty.bw"], {}, "there is no position at which all tracks have a value"),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(
    folder: Path, tmp_path: Path, words: list[str], options: dict[str, object], said: str
) -> None:
    (folder / "sub").mkdir(exist_ok=True)
    if not (folder / "other.bw").exists():
        write_bigwig(folder / "sub/a.bw", values(5))
        other_assembly(folder / "other.bw")
        blank = {chrom: np.full(n, np.nan, dtype=np.float32) for chrom, n in LENGTHS.items()}
        blank["chr1"][0] = 1
        write_bigwig(folder / "empty.bw", blank)
        (folder / "far.bed").write_text("chr7\t1\t9\n")
        (folder / "twice.bed").write_text("chr1\t1\t9\n")
    if "regions" in options:
        options = {"regions": folder / str(options["regions"])}
    if "empty.bw" in words:
        options = {"chroms": "chr2"}
    with pytest.raises(RegtrackError, match=said):
        compare(folder, tmp_path / "out", *words, **options)
    assert not (tmp_path / "out").exists()
