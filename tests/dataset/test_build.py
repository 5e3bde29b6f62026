"""Builds: what is counted, what is said, and what is refused."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from regtrack.dataset import build
from regtrack.dataset.build import build_dataset
from regtrack.dataset.format import ARRAY_FILES, HEADER_FILE
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import SPLITS, Dataset
from regtrack.dataset.windows import Dropped
from regtrack.errors import (
    AssemblyError,
    ChangedError,
    DatasetError,
    FastaError,
    MarkerError,
    OutputError,
    PeakFileError,
    RegtrackError,
)
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import Codes

if TYPE_CHECKING:
    from tests.dataset.conftest import Inputs

WriteFasta = Callable[[Path, dict[str, Codes]], None]

SMALL = DatasetSpec(1000)


def test_the_summary_is_what_the_dataset_holds(inputs: Inputs, tmp_path: Path) -> None:
    out = tmp_path / "dataset"
    summary = build_dataset(inputs.reference, inputs.markers, out, spec=SMALL)
    dataset = Dataset.open(out)

    assert (summary.chroms, summary.kept) == (2, len(dataset.windows))
    assert summary.bases == summary.kept * 1000
    # chr1 and chrM end in less than a window, and the N run takes twelve and a half
    assert summary.dropped == Dropped(short=2, n=13)
    assert summary.splits == {split: len(dataset.window_ids(split)) for split in SPLITS}
    positives = sum(dataset.positives(split) for split in SPLITS)
    assert np.allclose(summary.coverage, positives / summary.bases)
    assert summary.unlabelled == ("K562_ZNF274",)
    assert summary.bytes == sum((out / name).stat().st_size for name in ARRAY_FILES)

    tf = summary.categories()["TF"]
    assert list(summary.categories()) == ["TF", "DNase", "histone"]
    assert (tf.markers, tf.low, tf.high) == (2, 0.0, summary.coverage[0])
    assert tf.mean == tf.median == summary.coverage[0] / 2
    assert json.loads(json.dumps(summary.to_dict())) == dataset.summary


def test_provenance_names_every_file_and_its_digest(inputs: Inputs, tmp_path: Path) -> None:
    build_dataset(inputs.reference, inputs.markers, tmp_path / "dataset", spec=SMALL)
    found = Dataset.open(tmp_path / "dataset").provenance

    def digest(path: str) -> str:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()

    assert found["reference"]["path"] == str(inputs.reference)
    assert found["exclude"] is None
    assert len(found["peaks"]) == 4
    for source in (found["reference"], found["markers"], *found["peaks"]):
        assert source["sha256"] == digest(source["path"])
    assert [source["read"] for source in found["peaks"]] == [600, 180, 9, 0]


def test_contigs_shorter_than_a_window_are_counted_and_not_read(
    tmp_path: Path, write_fasta: WriteFasta, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    lengths = {"chr1": 5_500, **{f"scaffold{number}": 999 for number in range(300)}, "chr2": 9_000}
    codes = {name: random.integers(0, 4, size).astype(np.uint8) for name, size in lengths.items()}
    write_fasta(tmp_path / "draft.fa", codes)
    (tmp_path / "m.bed").write_text("chr1\t10\t700\nscaffold7\t10\t700\nchr2\t10\t8000\n")
    (tmp_path / "m.tsv").write_text("file\tcategory\tcell\ttarget\nm.bed\tTF\tK562\tCTCF\n")
    read: list[str] = []
    plain = Reference.codes

    def counted(reference: Reference, chrom: str, start: int, end: int) -> Codes:
        read.append(chrom)
        return plain(reference, chrom, start, end)

    monkeypatch.setattr(Reference, "codes", counted)
    summary = build_dataset(tmp_path / "draft.fa", tmp_path / "m.tsv", tmp_path / "out", spec=SMALL)
    assert read == ["chr1", "chr2"]
    assert (summary.chroms, summary.kept, summary.dropped.short) == (2, 14, 301)


def test_more_chromosomes_than_indexes_can_count_are_refused(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regtrack.dataset.codes._MOST", 1)
    with pytest.raises(DatasetError, match="more than 1 chromosomes have windows"):
        build_dataset(inputs.reference, inputs.markers, tmp_path / "dataset", spec=SMALL)


def test_the_same_build_gives_byte_identical_files(inputs: Inputs, tmp_path: Path) -> None:
    for name in ("one", "two"):
        build_dataset(inputs.reference, inputs.markers, tmp_path / name, spec=SMALL)
    for name in (*ARRAY_FILES, HEADER_FILE):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("window", [7, 1000, 26_000, 60_000])
def test_a_window_may_have_any_length(inputs: Inputs, tmp_path: Path, window: int) -> None:
    spec = DatasetSpec(window, max_n=1.0, split=SplitSpec(fractions=(1.0, 0.0, 0.0)))
    build_dataset(inputs.reference, inputs.markers, tmp_path / "dataset", spec=spec)
    dataset = Dataset.open(tmp_path / "dataset")
    assert len(dataset.windows) == sum(length // window for length in inputs.lengths.values())
    for index in (0, len(dataset.windows) // 2, len(dataset.windows) - 1):
        place = dataset.interval(index)
        expected = inputs.labels[place.chrom][:, place.start : place.end]
        assert (dataset.dense(place.chrom, place.start, place.end) == expected).all()


def test_masks_drop_windows_but_no_labels(inputs: Inputs, tmp_path: Path) -> None:
    exclude, multimap = tmp_path / "exclude.bed.gz", tmp_path / "multimap.bed"
    exclude.write_bytes(gzip.compress(b"chr2\t0\t10101\tgap\n"))
    multimap.write_text("2\t10000\t12101\n")
    spec = DatasetSpec(1000, chroms=("chr2",))
    summary = build_dataset(
        inputs.reference,
        inputs.markers,
        tmp_path / "dataset",
        spec=spec,
        exclude=exclude,
        multimap=multimap,
    )
    # 101 of 1,000 bases are more than a tenth; a window is counted under its first reason
    assert summary.dropped == Dropped(excluded=11, multimap=2)
    dataset = Dataset.open(tmp_path / "dataset")
    assert dataset.interval(0).start == 13_000
    assert dataset.assembly.names == ("chr2",)
    assert (dataset.dense("chr2", 0, 80_000) == inputs.labels["chr2"]).all()


class Recorder:
    """Progress that remembers."""

    def __init__(self) -> None:
        self.done: dict[str, float] = {}
        self.totals: dict[str, float | None] = {}

    @contextmanager
    def task(self, description: str, total: float | None, unit: str) -> Iterator[Any]:
        self.totals[f"{description} ({unit})"] = total
        yield _Bar(self.done, f"{description} ({unit})")


class _Bar:
    def __init__(self, done: dict[str, float], name: str) -> None:
        self._done, self._name = done, name

    def advance(self, amount: float = 1, note: str | None = None) -> None:
        self._done[self._name] = self._done.get(self._name, 0) + amount


def test_progress_ends_at_its_total(inputs: Inputs, tmp_path: Path) -> None:
    seen = Recorder()
    build_dataset(inputs.reference, inputs.markers, tmp_path / "out", spec=SMALL, progress=seen)
    assert seen.done == seen.totals
    assert seen.totals == {
        "Reading sequence (bp)": sum(inputs.lengths.values()),
        "Reading peaks (files)": 4,
    }


class Files:
    """A reference of 20 + 10 kb and one marker, to be spoilt by a test."""

    def __init__(self, folder: Path, write_fasta: WriteFasta) -> None:
        self.folder, self.out = folder, folder / "out"
        self.reference, self.peaks = folder / "r.fa", folder / "a.bed"
        random = np.random.default_rng(0)
        write_fasta(
            self.reference,
            {name: random.integers(0, 4, size, dtype=np.uint8)
             for name, size in (("chr1", 20_000), ("chr2", 10_000))},
        )  # fmt: skip
        self.markers = folder / "markers.tsv"
        self.markers.write_text("file\tcategory\tcell\ttarget\na.bed\tTF\tK562\tCTCF\n")
        self.peaks.write_text("chr1\t100\t200\n")

    def build(self, spec: DatasetSpec = SMALL, **options: Any) -> Any:
        return build_dataset(self.reference, self.markers, self.out, spec=spec, **options)


@pytest.fixture
def files(tmp_path: Path, write_fasta: WriteFasta) -> Files:
    return Files(tmp_path, write_fasta)


def test_changed_and_dropped_peaks_are_logged_once(
    files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    files.peaks.write_text(
        "1\t100\t200\n1\t19990\t20010\nchr2\t10000\t10001\nchrX\t5\t9\n1\t7\t7\n"
    )
    (files.folder / "b.bed").write_text("2\t5\t9\n")
    (files.folder / "c.bed").write_text("")
    with files.markers.open("a") as table:
        table.write("b.bed\tTF\tK562\tEBF1\nc.bed\tTF\tK562\tSPI1\n")
    with caplog.at_level(logging.WARNING):
        summary = files.build()
    assert [record.getMessage() for record in caplog.records] == [
        'peak files use other chromosome names: "1" is read as "chr1"',
        "of 6 peaks, 1 on chromosomes that the reference lacks (chrX): dropped",
        "of 6 peaks, 1 starting past their chromosome's end: dropped",
        "of 6 peaks, 1 ending past their chromosome's end: clipped",
        "of 6 peaks, 1 with no bases: dropped",
        "1 of 3 markers have no peak on the kept chromosomes, so all their labels are 0: K562_SPI1",
    ]
    assert summary.peaks.used == 3


def test_a_mask_that_masks_nothing_is_logged(
    files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    mask = files.folder / "exclude.bed"
    mask.write_text("chr7\t0\t100\n")
    with caplog.at_level(logging.WARNING):
        assert files.build(exclude=mask).kept == 30
    assert f"{mask} covers no base of the reference" in caplog.text


def spoil_peaks(files: Files) -> None:
    files.peaks.write_text("chr1\t200\t100\n")


def spoil_assembly(files: Files) -> None:
    files.peaks.write_text("chr1\t200000\t200001\n" * 20)


def spoil_chroms(files: Files) -> None:
    files.peaks.write_text("chr7\t1\t2\n")


def spoil_markers(files: Files) -> None:
    files.markers.write_text("file\tcategory\ttarget\n")


def spoil_reference(files: Files) -> None:
    files.reference.write_text("no FASTA\n")


def spoil_out(files: Files) -> None:
    files.out.mkdir()
    (files.out / "precious").touch()


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (spoil_peaks, PeakFileError, "a.bed line 1 cannot be read"),
        (spoil_assembly, PeakFileError, "a.bed is for another assembly"),
        (spoil_chroms, DatasetError, "no peak of any marker .* chr1, chr2; they name chr7"),
        (spoil_markers, MarkerError, "no column biosample or cell"),
        (spoil_reference, FastaError, "is text, not a FASTA"),
        (spoil_out, OutputError, "out exists already and holds other files"),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(
    files: Files, spoil: Any, error: type[RegtrackError], message: str
) -> None:
    spoil(files)
    before = sorted(files.folder.rglob("*"))
    with pytest.raises(error, match=message):
        files.build()
    # the index next to the reference is for later use
    assert [p for p in sorted(files.folder.rglob("*")) if p.suffix != ".fai"] == before


def test_peaks_for_another_assembly_are_refused_before_the_sequence_is_read(files: Files) -> None:
    spoil_assembly(files)
    seen = Recorder()
    with pytest.raises(PeakFileError):
        files.build(progress=seen)
    assert seen.totals == {}


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        (DatasetSpec(30_000), DatasetError, "no window of 30,000 bp is kept: 2 were too short"),
        (DatasetSpec(1000, chroms=("chr3",)), AssemblyError, '"chr3" is not in the assembly'),
        (
            DatasetSpec(1000, split=SplitSpec("chrom", valid_chroms=("chr9",))),
            DatasetError,
            '"chr9" is to be held out, but the dataset uses only chr1, chr2',
        ),
        (
            DatasetSpec(1000, split=SplitSpec("chrom", test_chroms=("chr2",)), chroms=("chr1",)),
            DatasetError,
            '"chr2" is to be held out, but the dataset uses only chr1',
        ),
        (DatasetSpec(10_000, chroms=("1",)), DatasetError, "train split is empty: 2 windows"),
    ],
)
def test_a_spec_that_does_not_fit_is_refused(
    files: Files, spec: DatasetSpec, error: type[RegtrackError], message: str
) -> None:
    with pytest.raises(error, match=message):
        files.build(spec)
    assert not files.out.exists()


def test_many_files_that_reach_a_little_past_the_ends_are_for_another_assembly(
    files: Files,
) -> None:
    with files.markers.open("a") as table:
        for number in range(4):
            (files.folder / f"{number}.bed").write_text("chr1\t30000\t30001\nchr1\t1\t2\n" * 3)
            table.write(f"{number}.bed\tTF\tK562\tT{number}\n")
    with pytest.raises(DatasetError, match="12 of 25 start past their chromosome's end"):
        files.build()


def test_overwrite_replaces_the_old_dataset(files: Files) -> None:
    files.build()
    files.peaks.write_text("chr1\t100\t300\n")
    files.build(overwrite=True)
    assert int(Dataset.open(files.out).dense("chr1", 0, 20_000).sum()) == 200


@pytest.mark.parametrize("name", ["reference", "markers", "peaks"])
def test_overwrite_never_replaces_an_input(files: Files, name: str) -> None:
    files.build()
    path: Path = getattr(files, name)
    inside = files.out / path.name
    path.rename(inside)
    if name == "peaks":  # the table names it
        text = files.markers.read_text().replace(path.name, f"{files.out.name}/{path.name}")
        files.markers.write_text(text)
    else:
        setattr(files, name, inside)
    folder = files.folder if name == "markers" else None
    with pytest.raises(OutputError, match=f"holds .*{path.name}, an input"):
        files.build(overwrite=True, peaks_folder=folder)
    assert inside.exists()


@pytest.mark.real
def test_the_real_peaks_cover_what_their_table_says(real_data: Path, tmp_path: Path) -> None:
    summary = build_dataset(
        real_data / "chr1_hg38_10M.fa.gz",
        real_data / "markers.tsv",
        tmp_path / "dataset",
        spec=DatasetSpec(split=SplitSpec("block")),
        exclude=real_data / "exclude.bed",
    )
    dataset = Dataset.open(tmp_path / "dataset")
    with (real_data / "markers.tsv").open() as table:
        expected = [int(row["covered_bp"]) for row in csv.DictReader(table, delimiter="\t")]
    rows = dataset.labels("chr1", 0, 10_000_000)
    assert np.bincount(rows.marker, rows.end - rows.start, minlength=259).tolist() == expected
    assert len(summary.unlabelled) == 3
    # 359 of the 400 windows are clean, and one more is within the tenth that is allowed
    assert summary.kept == 360
    assert all(count >= 30 for count in summary.splits.values())
    assert summary.coverage == pytest.approx(
        sum(dataset.positives(split) for split in SPLITS) / summary.bases
    )


def test_an_input_that_changes_meanwhile_is_refused_and_the_old_dataset_stays(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "dataset"
    build_dataset(inputs.reference, inputs.markers, out, spec=SMALL)
    old = {path.name: path.read_bytes() for path in out.iterdir()}
    peaks = sorted(inputs.markers.parent.rglob("*.bed*"))
    for changed in (inputs.reference, inputs.markers, peaks[-1]):
        write = build.write_labels

        def changing(*given: Any, changed: Path = changed, write: Any = write, **named: Any) -> Any:
            found = write(*given, **named)
            changed.touch()
            return found

        with monkeypatch.context() as patch:
            patch.setattr(build, "write_labels", changing)
            with pytest.raises(ChangedError, match=f"{changed.name} was written or replaced"):
                build_dataset(inputs.reference, inputs.markers, out, spec=SMALL, overwrite=True)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == old
    assert [path.name for path in tmp_path.iterdir() if ".partial" in path.name] == []
