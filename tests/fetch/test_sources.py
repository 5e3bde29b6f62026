"""The table of sources: the built-in one, and what is refused in a user's."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from regtrack.errors import FetchError, MarkerError, RegtrackError
from regtrack.fetch.choose import FetchRequest, choose
from regtrack.fetch.sources import BUILT_IN, read_sources

Table = Callable[..., Path]
ROOT = Path(__file__).parents[2]
URL = "https://example.org/a.bed.gz"


@pytest.mark.real
def test_the_table_is_what_the_script_makes_of_the_manifest(
    paper_manifest: Path, tmp_path: Path
) -> None:
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        "import write_sources as script; script.BUILT_IN = Path(sys.argv[3]);"
        "sys.argv = ['', sys.argv[2]]; script.main()"
    )
    out = tmp_path / "sources.tsv"
    words = [sys.executable, "-c", program, ROOT / "scripts", paper_manifest, out]
    subprocess.run(words, check=True, cwd=ROOT)
    assert out.read_bytes() == BUILT_IN.read_bytes()


def test_the_paper_s_markers_are_all_there() -> None:
    chosen = choose(FetchRequest(["encode-919", "hg19", "blacklist", "genes", "mappability"]))
    markers = [one.marker for one in chosen.files if one.marker]
    assert Counter(one.category for one in markers) == {"TF": 690, "histone": 104, "DNase": 125}
    assert len({one.name for one in markers}) == 919
    assert [len(plan.parts) for plan in chosen.references] == [1]
    assert all(one.citation and one.assembly == "hg19" for one in chosen.downloads)
    assert all(one.servers and one.archives for one in chosen.files if one.marker)


def test_the_starter_is_small_and_of_three_categories() -> None:
    chosen = choose(FetchRequest(["starter"]))
    categories = Counter(one.marker.category for one in chosen.files if one.marker)
    assert categories == {"TF": 8, "histone": 8, "DNase": 8}
    (plan,) = chosen.references
    assert (plan.file, plan.chroms) == ("hg19.fa.gz", ("chr21", "chr22"))
    assert any(one.file.endswith(".gtf.gz") for one in chosen.files)


@pytest.mark.parametrize(
    ("names", "assembly", "expected"),
    [
        (["genes"], None, "hg19"),
        (["genes"], "hg38", "hg38"),
        (["hg38", "genes"], None, "hg38"),
        (["hg19", "hg38", "genes"], None, "hg19"),
        (["hg38", "encode-919", "genes"], None, "hg19"),
    ],
)
def test_files_of_several_assemblies_follow_the_others(
    names: list[str], assembly: str | None, expected: str
) -> None:
    chosen = choose(FetchRequest(names, assembly=assembly))
    assert {one.assembly for one in chosen.files if ".gtf" in one.file} == {expected}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            FetchRequest(["encode919"]),
            'no collection is called "encode919".*Did you mean "encode-919"',
        ),
        (
            FetchRequest(["genes"], assembly="mm10"),
            '`assembly` is "mm10"; expected hg19 or hg38, of which genes',
        ),
        (FetchRequest(["hg19"], markers=["*CTCF"]), "`markers` was given, and hg19 has no peak"),
        (FetchRequest(["genes"], chroms=["chr1"]), "`chroms` was given, and no reference"),
        (
            FetchRequest(["starter"], chroms=["chr1"]),
            r"hg19.fa.gz cannot have chr1; expected chr21, chr22",
        ),
        (FetchRequest(["encode-919"], markers=["*CTFC"]), 'no marker matches "\\*CTFC"'),
    ],
)
def test_what_cannot_be_fetched_is_one_line(request_: FetchRequest, message: str) -> None:
    with pytest.raises(RegtrackError, match=message):
        choose(request_)


def test_a_user_s_table_needs_two_columns_and_comes_first(table: Table) -> None:
    path = table({"collections": "mine genes", "urls": f"{URL} http://mirror.org/a.bed.gz#b"})
    path.write_text("# of our group\n" + path.read_text())
    for name in ("mine", "genes"):
        (found,) = choose(FetchRequest([name], sources=path)).files
        assert (found.file, found.servers) == ("a.bed.gz", (URL,))
        assert found.archives == ("http://mirror.org/a.bed.gz#b",)


def test_names_of_markers_are_derived_as_build_dataset_does(table: Table) -> None:
    row = {"collections": "x", "category": "TF", "biosample": "K 562", "target": "CTCF"}
    rows = [
        {**row, "urls": f"https://example.org/{number}.bed", "treatment": treatment}
        for number, treatment in enumerate(["None", "", "EtOH"])
    ]
    found = [one.marker.name for one in read_sources(table(*rows)) if one.marker]
    assert found == ["K-562_CTCF", "K-562_CTCF_2", "K-562_CTCF_EtOH"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"urls": "ftp://example.org/a"}, 'URL "ftp://example.org/a"; expected http'),
        ({"urls": "https://[::1/a"}, "expected http:// or https://"),
        ({"urls": "https:///a"}, "expected http:// or https://"),
        ({"urls": ""}, "lacks collections or urls"),
        ({"collections": ""}, "lacks collections or urls"),
        ({"file": "../a"}, r'the file "\.\./a"; expected a path in the output folder'),
        ({"file": "/etc/passwd"}, "expected a path in the output folder"),
        ({"file": "a//b"}, "expected a path in the output folder"),
        ({"file": "fetch.partial/x"}, "expected a path in the output folder"),
        ({"file": "markers.tsv"}, "expected a path in the output folder"),
        ({"urls": "https://example.org/"}, 'the file ""; expected a path'),
        ({"size": "12 MB"}, 'the size "12 MB"; expected bytes'),
        ({"checksum": "md5:123"}, 'the checksum "md5:123"; expected md5:, sha1: or sha256:'),
        ({"checksum": "crc32:" + "0" * 8}, "expected md5:, sha1: or sha256:"),
        ({"checksum": "md5:" + "z" * 32}, "expected md5:, sha1: or sha256:"),
        ({"chrom": "chr1"}, "a chrom but no assembly"),
        ({"category": "TF"}, "only some of category, biosample and target"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(
    table: Table, row: dict[str, object], message: str
) -> None:
    path = table({"collections": "x", "urls": URL, **row})
    with pytest.raises(FetchError, match=message) as found:
        read_sources(path)
    assert f"{path} line 2" in str(found.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no file"),
        ("collections\turls\n", "names no file"),
        ("collection\turls\nx\ty\n", "has no column collections.*Did you mean"),
        ("a,b\n1,2\n", "has no column collections"),
        ("collections\turls\nx\thttps://a/b\tmore\n", "expected at most 2 columns"),
        ("collections\turls\nx\thttps://a/b\ny\thttps://c/b\n", "line 3 names the file b of .*2"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "sources.tsv"
    path.write_text(text)
    with pytest.raises(FetchError, match=message):
        read_sources(path)
    with pytest.raises(FetchError, match="no table of sources at"):
        read_sources(tmp_path / "absent.tsv")


def test_two_files_of_one_name_are_refused(table: Table) -> None:
    other = {"collections": "mine", "file": "gencode.v19.annotation.gtf.gz", "urls": URL}
    path = table(other)
    with pytest.raises(FetchError, match="two collections have a file gencode"):
        choose(FetchRequest(["mine", "genes"], sources=path))


def test_a_marker_s_name_is_given_once(table: Table) -> None:
    row = {"collections": "x", "category": "TF", "biosample": "K562", "target": "CTCF", "name": "A"}
    rows = [{**row, "urls": f"https://example.org/{number}.bed"} for number in range(2)]
    with pytest.raises(MarkerError, match="names the marker A twice"):
        read_sources(table(*rows))
