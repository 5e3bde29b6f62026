from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from regtrack.errors import AssemblyError, RegionError
from regtrack.genome.assembly import Assembly, read_sizes
from regtrack.genome.interval import Interval, is_region, parse_region

ASSEMBLY = Assembly(("chr1", "chr2", "chrM"), (1_000_000, 500, 16_569))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chr1:1,000-2,000", Interval("chr1", 999, 2000)),
        ("chr1:1000-2000", Interval("chr1", 999, 2000)),
        ("  chr1:7 ", Interval("chr1", 6, 7)),
        ("chr2", Interval("chr2", 0, 500)),
        ("2:1-500", Interval("chr2", 0, 500)),
        ("MT", Interval("chrM", 0, 16_569)),
        ("chr1:100..200", Interval("chr1", 99, 200)),
        ("chr1: 100 – 200", Interval("chr1", 99, 200)),
        ("chr1:100+50", Interval("chr1", 99, 149)),
        ("chr1:0.5m", Interval("chr1", 499_999, 500_000)),
        ("chr1:1.5k-2kb", Interval("chr1", 1_499, 2_000)),
        ("chr1:0.1M+1k", Interval("chr1", 99_999, 100_999)),
        ("chr1 100 200", Interval("chr1", 100, 200)),
        ("1\t100\t200\tpeak 7\t0\t+", Interval("chr1", 100, 200)),
    ],
)
def test_regions_are_read_as_browsers_write_them(text: str, expected: Interval) -> None:
    assert parse_region(text, ASSEMBLY) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1:0-10", "is not within chr1, whose bases are 1 to 1,000,000"),
        ("chr1:20-10", "starts after its end"),
        ("chr2:1-501", "is not within chr2, whose bases are 1 to 500"),
        ("chr9:1-10", 'chromosome "chr9" .* is not in the assembly'),
        ("", "is not a region"),
        ("chr1:a-b", '"chr1:a-b" is not a region: "a-b" is no range of bases; expected chr1:1,'),
        ("chr1:", 'is not a region: "" is no range of bases'),
        ("chr1:5-", "is no range of bases"),
        ("chr1:²", "is no range of bases"),
        (f"chr1:1-{'9' * 5000}", "is no range of bases"),
        ("chr9:a-b", 'chromosome "chr9:a-b" of region "chr9:a-b" is not in the assembly'),
        (":5", 'chromosome ":5" of region'),
        ("chr1:100+0", "starts after its end"),
        ("chr1 200 100", "starts after its end"),
        ("chr9 100 200", 'chromosome "chr9" of region'),
        ("chr1:1.2345k", "1.2345k, which is no whole number of bases"),
        ("1.5k", 'region "1.5k" names no chromosome'),
        ("100-200", 'region "100-200" names no chromosome'),
    ],
)
def test_invalid_regions_are_refused(text: str, message: str) -> None:
    with pytest.raises(RegionError, match=message):
        parse_region(text, ASSEMBLY)


ODD = Assembly(
    (
        "HLA-A*01:01:01:01", "HLA-A*01:01:01:02N", "a", "a:1-10", "1,000", "chr1", "x y", "b:5",
        "chrMT",
    ),
    (3503, 3291, 50, 40, 30, 20, 10, 9, 8),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HLA-A*01:01:01:01", Interval("HLA-A*01:01:01:01", 0, 3503)),
        ("HLA-A*01:01:01:01:1-100", Interval("HLA-A*01:01:01:01", 0, 100)),
        ("HLA-A*01:01:01:01:7", Interval("HLA-A*01:01:01:01", 6, 7)),
        ("HLA-A*01:01:01:02N:1,001-2,000", Interval("HLA-A*01:01:01:02N", 1000, 2000)),
        ("a:1-10", Interval("a:1-10", 0, 40)),
        ("a:1-9", Interval("a", 0, 9)),
        ("a:1-10:1-10", Interval("a:1-10", 0, 10)),
        ("1,000", Interval("1,000", 0, 30)),
        ("1,000:1,0-2,0", Interval("1,000", 9, 20)),
        ("x y:3-4", Interval("x y", 2, 4)),
        ("1:2-3", Interval("chr1", 1, 3)),
        ("CHR1:2-3", Interval("chr1", 1, 3)),
        ("B:5", Interval("b:5", 0, 9)),
        ("MtDNA:2", Interval("chrMT", 1, 2)),
    ],
)
def test_names_are_looked_up_before_they_are_parsed(text: str, expected: Interval) -> None:
    assert parse_region(text, ODD) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.5k", Interval("chr1", 1_499, 1_500)),
        ("100..200", Interval("chr1", 99, 200)),
        ("1,000+50", Interval("chr1", 999, 1_049)),
        ("chr2:5", Interval("chr2", 4, 5)),
        ("2", Interval("chr2", 0, 500)),
    ],
)
def test_a_range_without_a_name_lies_on_the_given_chromosome(text: str, expected: Interval) -> None:
    assert is_region(text, ASSEMBLY)
    assert parse_region(text, ASSEMBLY, chrom="chr1") == expected


@pytest.mark.parametrize(("text", "is_one"), [("TP53", False), ("7SK", False), ("chr1 5 9", True),
                                              ("1.00001k", True), ("chr9:1", True)])  # fmt: skip
def test_what_is_written_as_a_region_is_no_gene(text: str, is_one: bool) -> None:
    assert is_region(text, ASSEMBLY) == is_one


@given(st.sampled_from(ODD.names), st.integers(0, 7), st.integers(1, 8))
def test_an_interval_is_checked_without_becoming_text(chrom: str, start: int, size: int) -> None:
    interval = Interval(chrom, start, min(start + size, 8))
    assert parse_region(interval, ODD) == interval
    with pytest.raises(RegionError, match="is not within"):
        parse_region(Interval(chrom, start, 10_000), ODD)


def test_a_region_that_ends_past_the_chromosome_can_be_clipped() -> None:
    assert parse_region("chr2:401-900", ASSEMBLY, clip=True) == Interval("chr2", 400, 500)
    assert parse_region("chr2:401-500", ASSEMBLY, clip=True) == Interval("chr2", 400, 500)
    with pytest.raises(RegionError, match="is not within chr2"):
        parse_region("chr2:501-900", ASSEMBLY, clip=True)


@given(st.integers(0, 999_998), st.integers(1, 1_000_000))
def test_text_and_interval_round_trip(start: int, size: int) -> None:
    interval = Interval("chr1", start, min(start + size, 1_000_000))
    assert parse_region(str(interval), ASSEMBLY) == interval


def test_an_empty_interval_cannot_exist() -> None:
    with pytest.raises(RegionError):
        Interval("chr1", 5, 5)
    with pytest.raises(RegionError):
        Interval("chr1", -1, 5)


@pytest.mark.parametrize(
    ("names", "lengths", "message"),
    [
        ((), (), "at least one chromosome"),
        (("a", "a"), (1, 2), "a is named twice"),
        (("a",), (0,), "length 0"),
    ],
)
def test_invalid_assemblies_are_refused(
    names: tuple[str, ...], lengths: tuple[int, ...], message: str
) -> None:
    with pytest.raises(AssemblyError, match=message):
        Assembly(names, lengths)


def test_subset_keeps_order_and_accepts_either_spelling() -> None:
    assert ASSEMBLY.subset(["M", "chr1"]).names == ("chr1", "chrM")
    assert ASSEMBLY.subset("chr1").names == ("chr1",)
    with pytest.raises(AssemblyError, match='"chr3" is not in the assembly'):
        ASSEMBLY.subset(["chr3"])


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        (["chr1,chr2"], ["chr1", "chr2"]),
        ([" HLA,1 ,chr1,", "1"], ["HLA,1", "chr1", "1"]),
        (["HLA,1,2,HLA,1"], ["HLA,1,2", "HLA,1"]),
        (["1,HLA,1,2,9"], ["1", "HLA,1,2", "9"]),
        (["chrhla,1"], ["chrhla,1"]),  # another spelling
        ([",,a"], [",,a"]),
        ([",a, ,"], ["a"]),
        (["HLA,9"], ["HLA", "9"]),
        (["chr1", " , "], ["chr1", ""]),  # which is no chromosome, and not all of them
    ],
)
def test_names_in_lists_are_looked_up_before_they_are_split(
    lists: list[str], expected: list[str]
) -> None:
    names = ("chr1", "HLA,1", "HLA,1,2", "2", ",,a")
    assert Assembly(names, (9,) * len(names)).named(lists) == tuple(expected)


def test_long_lists_are_split_in_no_time() -> None:
    # quadratic work would take minutes
    assert len(ASSEMBLY.named([",".join(["chr1"] * 200_000)])) == 200_000


def test_equal_assemblies_have_equal_digests() -> None:
    assert ASSEMBLY.digest == Assembly(ASSEMBLY.names, ASSEMBLY.lengths).digest
    assert ASSEMBLY.digest != Assembly(ASSEMBLY.names[::-1], ASSEMBLY.lengths[::-1]).digest


def test_sizes_are_read_from_sizes_and_fai(tmp_path) -> None:
    sizes = tmp_path / "a.sizes"
    sizes.write_text("chr1\t10\nchr2\t20\t4\t60\t61\n\n")
    assert read_sizes(sizes) == Assembly(("chr1", "chr2"), (10, 20))
    for coding, end in (("utf-8-sig", "\r"), ("utf-16", "\r\n")):
        sizes.write_text(f"chr1\t10{end}chr2 20 {end}", encoding=coding, newline="")
        assert read_sizes(sizes) == Assembly(("chr1", "chr2"), (10, 20))
    sizes.write_text("chr1 ten\n")
    with pytest.raises(AssemblyError, match="line 1"):
        read_sizes(sizes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"no file of names and lengths \(.*\) at .*a\.sizes; check the path"),
        (
            b"\x26\xfc\x8f\x88",
            r"a\.sizes is a bigWig; expected a file of names and lengths \(\.chrom\.sizes or",
        ),
        ("chr1\t²\n".encode(), r'line 1 cannot be read: "chr1\\t²"; expected a name and a length'),
        (b"", r"a\.sizes has no lines; expected a name and a length"),
        (b"a\t1\na\t2\n", r"a\.sizes: chromosome a is named twice"),
    ],
)
def test_files_without_sizes_are_refused(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    sizes = tmp_path / "a.sizes"
    if content is not None:
        sizes.write_bytes(content)
    with pytest.raises(AssemblyError, match=message):
        read_sizes(sizes)
