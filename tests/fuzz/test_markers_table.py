"""Markers tables and .chrom.sizes in any state are read, or there is one clear error."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from regtrack.errors import RegtrackError
from regtrack.genome.assembly import read_sizes
from regtrack.labels.manifest import read_markers

cells = st.sampled_from(
    ["file", "category", "cell", "target", "name", "a.bed", "../a.bed", "b", "http://[::1",
     "http://x/a.bed?%00", "TF", "K562", "None", "", " ", "\x1b[31m", "é", "x" * 300, "..", "/"]
)  # fmt: skip
header = st.sampled_from(["file\tcategory\tcell\ttarget\tname", "url\tcategory\tcell\ttarget"])
tables = st.tuples(
    header | st.lists(cells, max_size=6).map("\t".join),
    st.lists(st.lists(cells, max_size=6).map("\t".join), max_size=4),
).map(lambda found: "\n".join([found[0], *found[1]]))


def check(error: RegtrackError) -> None:
    assert str(error).isprintable()
    assert len(str(error)) < 1000


@given(tables)
def test_a_table_is_read_or_there_is_one_error(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "tables"
    folder.mkdir(exist_ok=True)
    for name in ("a.bed", "b"):
        (folder / name).touch()
    table = folder / "markers.tsv"
    table.write_text(text)
    try:
        found = read_markers(table)
    except RegtrackError as error:
        check(error)
        return
    assert len({file.path.resolve() for file in found}) == len(found)
    assert len({file.marker.name.lower() for file in found}) == len(found)


@given(st.lists(st.lists(cells | st.just("12"), max_size=3).map("\t".join), max_size=5))
def test_sizes_are_read_or_there_is_one_error(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.sizes"
    path.write_text("\n".join(lines))
    try:
        assembly = read_sizes(path)
    except RegtrackError as error:
        check(error)
        return
    assert len(assembly.names) == sum(bool(line.strip()) for line in lines)
