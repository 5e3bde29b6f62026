"""Markers tables: columns, where peak files are looked for, and names."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from regtrack.errors import MarkerError
from regtrack.labels.manifest import read_markers

Row = dict[str, str]


def written(folder: Path, rows: list[Row], *, peaks: bool = True) -> Path:
    """A table of the rows, with the files that they name next to it."""
    table = folder / "markers.tsv"
    lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
    table.write_text("\n".join(lines) + "\n")
    for row in rows if peaks else []:
        if "file" in row:
            (folder / row["file"]).parent.mkdir(exist_ok=True, parents=True)
            (folder / row["file"]).touch()
    return table


def row(file: str, cell: str = "K562", target: str = "CTCF", **more: str) -> Row:
    return {"file": file, "category": "TF", "cell": cell, "target": target, **more}


def names(table: Path) -> list[str]:
    return [found.marker.name for found in read_markers(table)]


def test_a_row_becomes_a_marker_and_its_file(tmp_path: Path) -> None:
    table = written(tmp_path, [row("peaks/a.bed", treatment="IFNa30", n_peaks="7")])
    (found,) = read_markers(table)
    assert found.path == tmp_path / "peaks" / "a.bed"
    assert found.marker.to_dict() == {
        "name": "K562_CTCF_IFNa30",
        "category": "TF",
        "biosample": "K562",
        "target": "CTCF",
        "treatment": "IFNa30",
    }


def test_blank_lines_spaces_and_a_byte_order_mark_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "a.bed").touch()
    table = tmp_path / "markers.tsv"
    text = "file\tcategory\tbiosample\ttarget \r\n\r\n a.bed\tTF\tK562\tCTCF\r\n\t\t\t\r\n"
    table.write_text("\ufeff" + text, newline="")
    assert names(table) == ["K562_CTCF"]


@pytest.mark.parametrize("mark", ["#", "# "])
def test_a_header_may_begin_as_those_of_bed_and_vcf_do(tmp_path: Path, mark: str) -> None:
    (tmp_path / "a.bed").touch()
    table = tmp_path / "markers.tsv"
    table.write_text(f"{mark}file\tcategory\tcell\ttarget\na.bed\tTF\tK562\tCTCF\n")
    assert names(table) == ["K562_CTCF"]


def test_a_folder_is_no_peak_file(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    table = written(tmp_path, [row("p"), row("gone.bed", target="MAX")], peaks=False)
    with pytest.raises(MarkerError, match=r"names p in .*: a folder, not a peak file; name the"):
        read_markers(table)


def test_files_are_looked_up_in_the_peaks_folder(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.bed").touch()
    (elsewhere / "b.gz").touch()
    by_file = written(tmp_path, [row("a.bed")], peaks=False)
    assert read_markers(by_file, elsewhere)[0].path == elsewhere / "a.bed"
    source = {"url": "http://host/folder/b.gz?x=1", "category": "TF", "cell": "K", "target": "T"}
    by_url = written(tmp_path, [source])
    assert read_markers(by_url, elsewhere)[0].path == elsewhere / "b.gz"


def test_a_missing_file_is_not_replaced_by_a_namesake(tmp_path: Path) -> None:
    # replicates of peak callers share the names of their files
    table = written(tmp_path, [row("rep1/peaks.bed"), row("rep2/peaks.bed", target="EBF1")])
    (tmp_path / "peaks.bed").touch()
    assert [found.path for found in read_markers(table)] == [
        tmp_path / "rep1" / "peaks.bed",
        tmp_path / "rep2" / "peaks.bed",
    ]
    (tmp_path / "rep2" / "peaks.bed").unlink()
    with pytest.raises(MarkerError, match=r"lacks 1 of the 2 peak files .*: rep2/peaks.bed;"):
        read_markers(table)


@pytest.mark.parametrize("second", ["./a.bed", "folder/../a.bed", "link.bed"])
def test_two_rows_never_share_a_file_however_it_is_named(tmp_path: Path, second: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.bed").symlink_to("a.bed")
    table = written(tmp_path, [row("a.bed"), row(second, target="EBF1")])
    with pytest.raises(MarkerError, match=r"twice, for markers 1 and 2"):
        read_markers(table)


def test_two_urls_never_share_a_file(tmp_path: Path) -> None:
    source = {"url": "http://host/1/peaks.bed", "category": "TF", "cell": "K", "target": "T"}
    table = written(tmp_path, [source, {**source, "url": "http://host/2/peaks.bed?x#y"}])
    with pytest.raises(MarkerError, match=r"peaks.bed twice, for markers 1 and 2"):
        read_markers(table)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_table_is_read_in_every_dress(tmp_path: Path, end: str, coding: str) -> None:
    (tmp_path / "a.bed").touch()
    lines = ["file\tcategory\tcell\ttarget\t", "", "a.bed\tTF\tcafé\tCTCF"]
    table = tmp_path / "markers.tsv"
    table.write_bytes(end.join(lines).encode(coding))
    assert read_markers(table)[0].marker.biosample == "café"


def test_long_cells_and_control_characters_make_no_long_message(tmp_path: Path) -> None:
    table = written(tmp_path, [row("x" * 200_000, "K\x1b[31m")], peaks=False)
    with pytest.raises(MarkerError, match="lacks 1 of the 1 peak files") as caught:
        read_markers(table)
    assert len(str(caught.value)) < 500
    header = {"file": "a", "\x1b[31m" + "y" * 200_000: "b"}
    with pytest.raises(MarkerError, match="has no column category") as caught:
        read_markers(written(tmp_path, [header]))
    assert len(str(caught.value)) < 600
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"file": "http://h/a.bed"}, "line 2: the URL .* is in column file; expected a path"),
        ({"url": "http://h/"}, "line 2: the URL .* names no file"),
        ({"url": "http://[h"}, "line 2: the URL .* names no file"),
        ({"url": "rep2/a.bed"}, "lacks 1 of the 1 peak files .*: rep2/a.bed;"),
        ({"file": "a.bed", "cell": "细胞", "target": "-"}, "line 2: .* name the marker by"),
        ({"file": "a.bed", "File": "b.bed"}, "has 2 columns file; expected one"),
        ({"file": '"a.bed'}, "line 2 cannot be read: .* a quote does not end"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused(tmp_path: Path, cells: Row, message: str) -> None:
    (tmp_path / "a.bed").touch()  # a namesake of those that are missing
    table = written(
        tmp_path, [{"category": "TF", "cell": "K", "target": "T", **cells}], peaks=False
    )
    with pytest.raises(MarkerError, match=message):
        read_markers(table)


def test_quoted_cells_and_columns_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "a.bed").touch()
    table = tmp_path / "markers.tsv"
    table.write_text('"File"\t"Category"\tCELL\t"target"\n"a.bed"\tTF\t"K562, ""x"""\t5" T\n')
    (found,) = read_markers(table)
    assert (found.path.name, found.marker.biosample) == ("a.bed", 'K562, "x"')
    assert found.marker.target == '5" T'


def test_a_hard_link_is_the_same_file(tmp_path: Path) -> None:
    table = written(tmp_path, [row("a.bed"), row("b.bed", target="EBF1")])
    (tmp_path / "b.bed").unlink()
    (tmp_path / "b.bed").hardlink_to(tmp_path / "a.bed")
    with pytest.raises(MarkerError, match=r"b\.bed twice, for markers 1 and 2"):
        read_markers(table)


def test_a_peaks_folder_that_is_none_is_named(tmp_path: Path) -> None:
    table = written(tmp_path, [row("a.bed")])
    with pytest.raises(MarkerError, match=r"no folder of peak files at .*a\.bed; check"):
        read_markers(table, tmp_path / "a.bed")


def test_all_missing_files_are_counted_in_one_error(tmp_path: Path) -> None:
    table = written(tmp_path, [row(f"{n}.bed") for n in range(6)], peaks=False)
    (tmp_path / "0.bed").touch()
    with pytest.raises(MarkerError, match=r"lacks 5 of the 6 .* 1.bed, 2.bed, 3.bed and 2 more;"):
        read_markers(table)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column file or url; found nothing"),
        ("file\tcategory\tcell\ttarget\n", "names no marker"),
        ("file,category,cell,target\n", "no column file or url; found file,category,cell,target"),
        ("file\tcategory\ttarget\n", "no column biosample or cell; found file, category, target"),
        ("file\tcategroy\tcell\ttarget\n", 'no column category; .*Did you mean "categroy"'),
        ("file\tcategory\tcell\ttarget\na.bed\tTF\t\tCTCF\n", "line 2 has no biosample"),
        ("file\tcategory\tcell\ttarget\n\na.bed\tTF\tK562\n", "line 3 has no target"),
        ("file\tcategory\tcell\ttarget\n\tTF\tK562\tCTCF\n", "line 2 has no file or url"),
        ("file\tcategory\tcell\ttarget\na\tTF\tK\tT\textra\n", "line 2 has 5 columns"),
    ],
)
def test_a_malformed_table_is_refused_with_the_reason(
    tmp_path: Path, text: str, message: str
) -> None:
    table = tmp_path / "markers.tsv"
    table.write_text(text)
    with pytest.raises(MarkerError, match=message):
        read_markers(table)


def test_a_missing_table_and_a_binary_file_are_errors(tmp_path: Path) -> None:
    table = tmp_path / "markers.tsv"
    with pytest.raises(MarkerError, match="no markers table at"):
        read_markers(table)
    table.write_bytes(b"PK\x03\x04\x00")
    with pytest.raises(MarkerError, match="is a zip archive; expected a markers table"):
        read_markers(table)


def test_a_peak_file_belongs_to_one_marker(tmp_path: Path) -> None:
    table = written(tmp_path, [row("a.bed"), row("b.bed"), row("a.bed", target="EBF1")])
    with pytest.raises(MarkerError, match=r"a.bed twice, for markers 1 and 3"):
        read_markers(table)


def test_derived_names_are_safe_and_say_the_treatment(tmp_path: Path) -> None:
    rows = [
        row("a", "H1-hESC", "Pol2(phosphoS2)", treatment="None"),
        row("b", "K562", "Pol2", treatment="IFN a/30 µM"),
        row("c", "CD34+ mobilized", "p300", treatment=""),
    ]
    assert names(written(tmp_path, rows)) == [
        "H1-hESC_Pol2-phosphoS2",
        "K562_Pol2_IFN-a-30-M",
        "CD34+-mobilized_p300",
    ]


def test_repeated_names_are_numbered_in_the_order_of_the_table(tmp_path: Path) -> None:
    # the last differs only in case, which some file systems do not see
    rows = [row("a"), row("b"), row("c"), row("d", "k562", "ctcf")]
    expected = ["K562_CTCF", "K562_CTCF_2", "K562_CTCF_3", "k562_ctcf_4"]
    assert names(written(tmp_path, rows)) == expected


def test_numbering_avoids_names_that_other_rows_derive(tmp_path: Path) -> None:
    rows = [row(file, treatment="2" if file == "c" else "") for file in "abc"]
    assert names(written(tmp_path, rows)) == ["K562_CTCF", "K562_CTCF_3", "K562_CTCF_2"]


def test_derived_names_avoid_given_names(tmp_path: Path) -> None:
    given = {"a": "", "b": "K562_CTCF", "c": "", "d": "K562_CTCF_3"}
    rows = [row(file, name=name) for file, name in given.items()]
    expected = ["K562_CTCF_2", "K562_CTCF", "K562_CTCF_4", "K562_CTCF_3"]
    assert names(written(tmp_path, rows)) == expected


def test_given_names_must_be_safe_and_unique(tmp_path: Path) -> None:
    with pytest.raises(MarkerError, match='"a b" cannot name a marker'):
        read_markers(written(tmp_path, [row("a", name="a b")]))
    with pytest.raises(MarkerError, match="names the marker ctcf twice, for markers 1 and 2"):
        read_markers(written(tmp_path, [row("a", name="CTCF"), row("b", name="ctcf")]))


@pytest.mark.real
def test_the_real_table_loads(real_data: Path) -> None:
    found = read_markers(real_data / "markers.tsv")
    assert len(found) == len({item.marker.name for item in found}) == 259
    assert {item.marker.category for item in found} == {"TF", "DNase", "histone"}


@pytest.mark.real
def test_the_papers_919_markers_get_919_names(paper_manifest: Path, tmp_path: Path) -> None:
    with paper_manifest.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for source in rows:
        (tmp_path / source["url"].rsplit("/", 1)[1]).touch()
    found = read_markers(paper_manifest, tmp_path)
    assert len(found) == len({item.marker.name.lower() for item in found}) == 919
    assert [item.path.name for item in found] == [s["url"].rsplit("/", 1)[1] for s in rows]
    assert [item.marker.target for item in found] == [source["target"] for source in rows]
    # the table writes "None" for no treatment
    assert sum(bool(item.marker.treatment) for item in found) == sum(
        source["treatment"] != "None" for source in rows
    )
    assert found == read_markers(paper_manifest, tmp_path)


def test_more_rows_than_a_dataset_can_number_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regtrack.labels.manifest._MOST", 2)
    table = tmp_path / "markers.tsv"
    rows = [f"{name}.bed\tTF\tK\t{name}\n" for name in "abc"]
    for name in "abc":
        (tmp_path / f"{name}.bed").touch()
    table.write_text("file\tcategory\tcell\ttarget\n" + "".join(rows[:2]))
    assert len(read_markers(table)) == 2
    table.write_text("file\tcategory\tcell\ttarget\n" + "".join(rows))
    with pytest.raises(MarkerError, match=r"line 4 .*a dataset has at most 2 markers"):
        read_markers(table)
