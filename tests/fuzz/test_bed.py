"""Rows of BED in any state: what is read adds up, or there is one clear error."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from regtrack.errors import PeakFileError
from regtrack.genome.assembly import Assembly
from regtrack.labels.peaks import read_peaks

ASSEMBLY = Assembly(("chr1", "2", "chrM"), (50, 40, 20))
fields = st.sampled_from(
    ["chr1", "1", "chr2", "MT", "chrX", "", " ", "#", "track", "browser x", "0", "5", "9", "60",
     "-1", "5.0", "1e3", "٣", "é", "9" * 19, "x" * 300, "\x1b[0m", "."]
)  # fmt: skip
good = st.tuples(
    st.sampled_from(["1", "chr2", "chrM", "chrX", "chr 1"]),
    st.integers(0, 60).map(str),
    st.integers(60, 90).map(str),
)
lines = st.tuples(
    good | st.lists(fields, max_size=6), st.sampled_from(["\t", "\t", " "])
).map(lambda found: found[1].join(found[0]))  # fmt: skip


@given(
    st.lists(good.map("\t".join), max_size=9) | st.lists(lines, max_size=9),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_the_counts_add_up_or_there_is_one_error(
    tmp_path_factory: pytest.TempPathFactory, found: list[str], end: str, coding: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.bed"
    path.write_bytes("".join(line + end for line in found).encode(coding))
    try:
        peaks = read_peaks(path, ASSEMBLY)
    except PeakFileError as error:
        assert str(error).isprintable()
        assert len(str(error)) < 400 + len(str(path))
        return
    counts = peaks.counts
    assert counts.read + counts.skipped == len(found)
    assert counts.used == counts.read - counts.empty - counts.unknown - counts.outside
    assert counts.clipped <= counts.used
    assert bool(counts.used) == bool(peaks.covered)
    for chrom, held in peaks.by_chrom.items():
        assert 0 <= held.starts[0] < held.ends[-1] <= ASSEMBLY.length(chrom)
