"""Peak files against sets of bases, and every rule about what is wrong with one."""

from __future__ import annotations

import gzip
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from regtrack.errors import PeakFileError
from regtrack.files.shown import shown
from regtrack.genome.assembly import Assembly
from regtrack.labels.peaks import PeakCounts, Peaks, read_peaks

ASSEMBLY = Assembly(("chr1", "chr2", "chrM"), (60, 40, 20))


def bases(peaks: Peaks) -> dict[str, set[int]]:
    return {
        chrom: {base for s, e in found for base in range(s, e)}
        for chrom, found in peaks.by_chrom.items()
    }


def written(folder: Path, text: str | bytes, name: str = "peaks.bed") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


lines = st.tuples(
    st.sampled_from(["chr1", "2", "MT", "chr9"]),
    st.integers(0, 70),
    st.integers(0, 30),
)


# fewer than 10 lines, so that none is a file for another assembly


@given(st.lists(lines, max_size=9))
def test_peaks_cover_the_bases_of_their_lines(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[str, int, int]]
) -> None:
    text = "".join(f"{chrom}\t{start}\t{start + size}\n" for chrom, start, size in found)
    peaks = read_peaks(written(tmp_path_factory.mktemp("peaks"), text), ASSEMBLY)

    own = {"chr1": "chr1", "2": "chr2", "MT": "chrM"}
    expected: dict[str, set[int]] = {}
    for chrom, start, size in found:
        if chrom in own:
            on_it = set(range(start, min(start + size, ASSEMBLY.length(own[chrom]))))
            expected.setdefault(own[chrom], set()).update(on_it)
    assert bases(peaks) == {chrom: covered for chrom, covered in expected.items() if covered}
    assert peaks.covered == sum(map(len, expected.values()))
    assert list(peaks.by_chrom) == [name for name in ASSEMBLY.names if name in peaks.by_chrom]
    for merged in peaks.by_chrom.values():
        assert (merged.starts[1:] > merged.ends[:-1]).all()


NARROW = "chr1\t5\t9\t.\t0\t.\t98.2\t-1\t-1\t2\n"
BROAD = "chr1\t5\t9\t.\t0\t.\t98.2\t-1\t-1\n"
BED12 = "chr1\t5\t9\tname\t0\t+\t5\t9\t255,0,0\t1\t4\t0\n"


@pytest.mark.parametrize(
    "text",
    [
        "chr1\t5\t9\n",
        "chr1\t5\t9",
        NARROW,
        BROAD,
        BED12,
        "chr1 5 9\n",
        "chr1\t5\t9\r\n",
        "1\t5\t9\n",
        "chr1\t7\t9\nchr1\t5\t8\nchr1\t5\t7\n",
        "track name=peaks\nbrowser position chr1:1-9\n# comment\n\n  \nchr1\t5\t9\n",
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_every_format_gives_the_same_bases(tmp_path: Path, text: str, pack: type[bytes]) -> None:
    # what counts is the content: a gzip need not be called .gz
    assert bases(read_peaks(written(tmp_path, pack(text.encode())), ASSEMBLY)) == {
        "chr1": {5, 6, 7, 8}
    }


def test_a_file_without_peaks_labels_nothing(tmp_path: Path) -> None:
    peaks = read_peaks(written(tmp_path, ""), ASSEMBLY)
    assert (peaks.by_chrom, peaks.counts, peaks.covered) == ({}, PeakCounts(), 0)


def test_every_peak_is_counted_once(tmp_path: Path) -> None:
    text = "# x\n\ntrack name=x\n"
    text += "chr1\t1\t9\nchr1\t3\t3\nchr1\t55\t61\n2\t40\t41\nchrX\t1\t2\nchrUn\t1\t1\n"
    peaks = read_peaks(written(tmp_path, text), ASSEMBLY)
    assert peaks.counts == PeakCounts(read=6, empty=1, unknown=2, outside=1, clipped=1, skipped=3)
    assert peaks.counts.used == 2
    assert peaks.bridged == {"2": "chr2"}
    assert peaks.unknown == ("chrX", "chrUn")
    assert bases(peaks) == {"chr1": {*range(1, 9), *range(55, 60)}}


@pytest.mark.parametrize("at_once", [1, 2, 3, 5, 100])
def test_rows_taken_piece_by_piece_are_those_taken_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    text = (
        "# x\n" * 3 + "chr9\t1\t2\n2\t5\t9\n\nchrM\t3\t3\n2\t1\t6\nchr1\t58\t61\n#\n2\t9\t11\n\n\n"
    )
    monkeypatch.setattr("regtrack.labels.bed._AT_ONCE", at_once)
    path = written(tmp_path, text)
    peaks = read_peaks(path, ASSEMBLY)
    assert peaks.counts == PeakCounts(read=6, empty=1, unknown=1, clipped=1, skipped=7)
    assert bases(peaks) == {"chr1": {58, 59}, "chr2": set(range(1, 11))}
    assert [list(held) for held in peaks.by_chrom.values()] == [[(58, 60)], [(1, 11)]]
    assert (peaks.bridged, peaks.unknown) == ({"2": "chr2"}, ("chr9",))
    assert peaks.sha256 == sha256(path.read_bytes()).hexdigest()
    written(tmp_path, text + "chr2\t1\t2\n")  # found in whatever piece the second name is
    with pytest.raises(PeakFileError, match='"2" and "chr2" in one file'):
        read_peaks(path, ASSEMBLY)


def test_more_names_than_any_assembly_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regtrack.labels.bed.MOST_NAMES", 3)
    text = "".join(f"c{at % 3}\t1\t2\n" for at in range(9))
    assert read_peaks(written(tmp_path, text), ASSEMBLY).counts.unknown == 9
    with pytest.raises(PeakFileError, match="names more than 3 chromosomes"):
        read_peaks(written(tmp_path, text + "c9\t1\t2\n"), ASSEMBLY)


def test_counts_add_up() -> None:
    assert PeakCounts(9, 1, 2, 3, 1, 4) + PeakCounts(1) == PeakCounts(10, 1, 2, 3, 1, 4)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("chr1\t5", "at least 3 columns"),
        ("<html>", "at least 3 columns"),
        ("chr1\t-5\t9", "whole numbers of 0 or more"),
        ("chr1\t+5\t9", "whole numbers of 0 or more"),
        ("chr1\t1_0\t19", "whole numbers of 0 or more"),
        ("chr1\t5.0\t9", "whole numbers of 0 or more"),
        ("chrom\tstart\tend", "whole numbers of 0 or more"),
        ("chr1\t9\t5", "ends before it starts"),
        ("chr1\t9\t5" + "0" * 30, "no chromosome is this long"),
        ("chr1\t" + "9" * 5000 + "\t5", "no chromosome is this long"),
    ],
)
def test_a_line_that_is_not_a_peak_is_reported(tmp_path: Path, line: str, reason: str) -> None:
    path = written(tmp_path, f"# comment\nchr1\t1\t2\n{line}\nchr1\t1\t2\n")
    with pytest.raises(PeakFileError) as caught:
        read_peaks(path, ASSEMBLY)
    message = str(caught.value)
    assert f"{path} line 3 " in message
    assert reason in message
    assert shown(line)[:40] in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("chr1 \t 5\t9 ", {5, 6, 7, 8}),
        ("chr1 5\t9\tname", {5, 6, 7, 8}),
        ("chr1\t5 9\tname", {5, 6, 7, 8}),
        ("  chr1 5 9", {5, 6, 7, 8}),
        # a name with a blank, not the chromosome chr of the bases 1 to 5
        ("chr 1\t5\t9", None),
        # names that begin like a line for browsers
        ("track\t5\t9", None),
        ("browser1\t5\t9", None),
    ],
)
def test_columns_are_told_by_tabs_where_they_give_three(
    tmp_path: Path, line: str, expected: set[int] | None
) -> None:
    peaks = read_peaks(written(tmp_path, line + "\n"), ASSEMBLY)
    assert bases(peaks) == ({"chr1": expected} if expected else {})
    assert peaks.counts == PeakCounts(read=1, unknown=0 if expected else 1)


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ("chrom\tstart\tend", "this is a header; remove it, or put # in front"),
        ('"Chr","Start","End"', "this is a header"),
        ("chr1,5,9", "separated by commas; expected tabs"),
        ('"chr1";"5";"9"', "separated by semicolons; expected tabs"),
        ('"chr1"\t"5"\t"9"', "its columns are in quotes"),
        ('"chr1"\t5\t9\t"peak"', "its columns are in quotes"),  # as R quotes words alone
        ("'chr1'\t5\t9", "its columns are in quotes"),
        ("chr1\t1,000\t2,000", "whole numbers of 0 or more"),
        ("chr1:5-9", "at least 3 columns"),
    ],
)
def test_exports_of_spreadsheets_are_refused_with_what_is_wrong(
    tmp_path: Path, first: str, reason: str
) -> None:
    with pytest.raises(PeakFileError, match=f"line 1 cannot be read: .*{reason}"):
        read_peaks(written(tmp_path, f"{first}\nchr1\t1\t2\n"), ASSEMBLY)


def test_blanks_and_marks_around_a_name_are_not_of_it(tmp_path: Path) -> None:
    text = "chr1\t5\t6\n  chr1\t6\t7\nchr1 \t7\t8\n\ufeffchr1\t8\t9\n"
    peaks = read_peaks(written(tmp_path, text), ASSEMBLY)
    assert bases(peaks) == {"chr1": {5, 6, 7, 8}}
    assert peaks.counts == PeakCounts(read=4)


def test_a_name_is_no_empty_column(tmp_path: Path) -> None:
    with pytest.raises(PeakFileError, match="expected the name of a chromosome"):
        read_peaks(written(tmp_path, "chr1\t1\t2\n\t5\t9\n"), ASSEMBLY)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<!DOCTYPE html>\n", "an HTML page"),
        (b"##fileformat=VCFv4.2\nchr1\t5\t.\tA\tC\n", "a VCF file"),
        # rows that could be read as peaks: an id that is a number, and values of 0
        (b"##fileformat=VCFv4.2\nchr1\t5\t9\tA\tC\n", "a VCF file"),
        (b'browser x\ntrack name="x" type=bedGraph\nchr1\t5\t9\t0\n', "a bedGraph file"),
        (gzip.compress(gzip.compress(b"chr1\t5\t9\n")), "a gzip within a gzip"),
        (b'chr1\tx\tgene\t5\t9\t.\t+\t.\tgene_id "a"\n', "a GTF file"),
        (b">chr1\nACGT\n", "FASTA text"),
        (b"\xeb\xf2\x89\x87\x04\x00", "a bigBed"),
        (b"BZh91AY&SY\x00", "a bzip2 file"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, content: bytes, kind: str) -> None:
    with pytest.raises(PeakFileError, match=f"(line [12] .*this|bed) is {kind}"):
        read_peaks(written(tmp_path, content), ASSEMBLY)


COVERAGE = "".join(f"chr1 {9 * at} {9 * at + 9} {at % 3}\n" for at in range(10))
METHYLATION = "".join(f"chr1\t{9 * at}\t{9 * at + 2}\t0.{at}\n" for at in range(10))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (COVERAGE, "bedGraph"),
        ("chr1\t1\t9\t0.5\nchr1\t8\t9\t1e-3\n", "BED"),  # they overlap, so no bedGraph
        ("".join(f"chr1\t{at}\t{at + 1}\t-0.{at}\n" for at in range(10)), "bedGraph"),
        (METHYLATION, "BED or bedGraph"),
        ("chr1\t5\t9\t0.5\n", "BED or bedGraph"),
        (COVERAGE + "chr1\t200\t300\tpeak\n", "BED"),
        (COVERAGE.replace("\n", " .\n"), "BED"),
        # numbers of windows, as `bedtools makewindows -i winnum` writes them, and of peaks
        ("".join(f"chr1\t{9 * at}\t{9 * at + 9}\t{at + 1}\n" for at in range(20)), "BED"),
        ("chr1\t1\t5\t7\nchr1\t7\t9\t7\n", "BED"),
        ("chr1\t5\t9\tchr2\t7\t8\n", "BEDPE"),
        ("chr1\t5\t9\t.\t-1\t-1\nchr1\t5\t9\tchr1\t7\t8\tname\t0\t+\t-\n", "BEDPE"),
        ("1\t5\t9\t1\t7\t8\n1\t5\t9\t2\t1\t3\n2\t5\t9\t2\t9\t20\n", "BEDPE"),
        ("scaffold9 5 9 scaffold9 7 8\n", "BEDPE"),
        # what `bedtools coverage` appends: a number of peaks, bases, length and share
        ("1\t50\t59\t1\t3\t9\t0.3333333\n", "BED"),
        ("chr1\t5\t9\tchr1\t700\t+\n", "BED"),
        ("chr1\t5\t9\tpeak1\t700\t+\t5\t9\t0\n", "BED"),
        ("chr1\t5\t9\t2.5\t1.5\tchr1:5-9\n", "BED"),  # SEACR
    ],
)
@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_intervals_of_other_formats_are_no_peaks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, kind: str, coding: str
) -> None:
    path = written(tmp_path, f"#x\n{text}".encode(coding))
    if kind in {"bedGraph", "BEDPE"}:
        with pytest.raises(PeakFileError, match=f"is a {kind} file, whose column"):
            read_peaks(path, ASSEMBLY)
        return
    assert read_peaks(path, Assembly(("chr1",), (900,))).counts.read == text.count("\n")
    warned = [record.getMessage() for record in caplog.records]
    assert warned == [w for w in warned if f"{path} may be a bedGraph, since column 4" in w]
    assert bool(warned) == (kind == "BED or bedGraph")


@pytest.mark.parametrize(
    ("names", "both"), [("chr1 1", "chr1"), ("chr9 2 CHR2", "chr2"), ("MT chrM MT", "chrM")]
)
def test_two_names_of_one_chromosome_are_an_error(tmp_path: Path, names: str, both: str) -> None:
    path = written(tmp_path, "".join(f"{name}\t1\t2\n" for name in names.split()))
    with pytest.raises(PeakFileError, match=rf"in one file are both read as {both}, so") as caught:
        read_peaks(path, ASSEMBLY)
    assert str(path) in str(caught.value)
    # where each is a chromosome of its own, nothing is wrong
    assert read_peaks(path, Assembly(tuple(set(names.split())), (9,) * len(set(names.split()))))


def test_names_that_are_not_utf8_stay_apart(tmp_path: Path) -> None:
    peaks = read_peaks(written(tmp_path, b"c\xe9\t1\t2\nc\xe8\t1\t2\n"), ASSEMBLY)
    assert peaks.unknown == ("cé", "cè")
    named = Assembly(("cé", "c"), (9, 9))
    assert bases(read_peaks(tmp_path / "peaks.bed", named)) == {"cé": {1}}


def test_many_names_cost_no_more_than_one(tmp_path: Path) -> None:
    # quadratic work would take minutes
    count = 50_000
    names = tuple(f"contig{number}" for number in range(count))
    text = "".join(f"{name}\t{at % 7}\t{at % 7 + 2}\n" for at, name in enumerate(names))
    peaks = read_peaks(written(tmp_path, text), Assembly(names, (7,) * count))
    assert peaks.counts == PeakCounts(read=count, clipped=count // 7)
    assert list(peaks.by_chrom) == list(names)
    assert list(peaks.by_chrom["contig6"]) == [(6, 7)]
    assert list(peaks.by_chrom["contig8"]) == [(1, 3)]


def test_a_damaged_gzip_is_an_error(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(b"chr1\t%d\t%d\n" % (i, i + 9) for i in range(50)))
    for broken in (packed[:60], packed[:-4] + b"xxxx", packed[:20] + b"xxxxxx" + packed[26:]):
        with pytest.raises(PeakFileError, match="damaged gzip"):
            read_peaks(written(tmp_path, broken), ASSEMBLY)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PeakFileError, match="no peak or BED file at"):
        read_peaks(tmp_path / "peaks.bed", ASSEMBLY)


def test_peaks_past_the_ends_are_for_another_assembly(tmp_path: Path) -> None:
    inside, outside, unknown = "chr1\t1\t2\n", "chr1\t60\t62\n", "chr9\t1\t2\n"
    # fewer than ten may be a slip, and so may one in a thousand
    assert read_peaks(written(tmp_path, outside * 9), ASSEMBLY).counts.outside == 9
    assert read_peaks(written(tmp_path, outside * 10 + inside * 9990), ASSEMBLY).covered == 1
    for text in (outside * 10, outside * 10 + inside * 9980, outside * 10 + unknown * 99999):
        with pytest.raises(PeakFileError, match="for another assembly"):
            read_peaks(written(tmp_path, text), ASSEMBLY)


def test_peaks_that_only_end_past_the_ends_are_clipped(tmp_path: Path) -> None:
    peaks = read_peaks(written(tmp_path, "chr1\t58\t62\n" * 20), ASSEMBLY)
    assert peaks.counts == PeakCounts(read=20, clipped=20)
    assert bases(peaks) == {"chr1": {58, 59}}
