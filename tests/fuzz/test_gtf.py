"""Rows of GTF in any state: what is read adds up, or there is one clear error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regtrack.errors import RegtrackError
from regtrack.tracks.gtf import read_genes

kinds = st.sampled_from(["gene", "transcript", "mRNA", "exon", "CDS", "UTR", "intron", ""])
starts = st.integers(1, 50).map(str) | st.sampled_from(["1", "4000000", "0", "-1", "x", ""])
ends = st.integers(50, 90).map(str) | st.sampled_from(["4000009", "9" * 13, "."])
attributes = st.lists(
    st.sampled_from(
        ['gene_id "a"', 'gene_id  "b"', "gene_id a", 'transcript_id "t"', "transcript_id u",
         'gene_name "N"', 'gene_symbol "é"', 'note "gene_id c;"', 'gene_id ""', "g1", "g1.t1",
         "ID=g", 'tag "MANE_Select"', '"', "x" * 300, "\x1b[0m"]
    ),
    max_size=4,
).map("; ".join)  # fmt: skip
sound = st.tuples(
    st.sampled_from(["chr1", "chr2"]), st.just("x"),
    st.sampled_from(["gene", "transcript", "exon", "CDS", "UTR"]),
    st.integers(1, 50).map(str), st.integers(50, 90).map(str), st.just("."),
    st.sampled_from("+-."), st.just("."),
    st.sampled_from(
        ["g1", "g1.t1", 'gene_id "g1"; transcript_id "g1.t1"', "gene_id g2", 'transcript_id "z"',
         'x "1"', 'gene_id "g1"; transcript_id "u"; gene_name "N"']
    ),
).map("\t".join)  # fmt: skip
rows = st.tuples(
    st.sampled_from(["chr1", "chr2", "", "#"]), st.just("x"), kinds, starts, ends, st.just("."),
    st.sampled_from(["+", "-", "."]), st.just("."), attributes,
).map("\t".join)  # fmt: skip


@given(st.lists(sound, min_size=1, max_size=12) | st.lists(rows, max_size=6))
def test_the_counts_add_up_or_there_is_one_error(
    tmp_path_factory: pytest.TempPathFactory, found: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.gtf"
    path.write_text("\n".join(found))
    try:
        genes = read_genes(path)
    except RegtrackError as error:
        assert str(error).isprintable()
        assert len(str(error)) < 500 + len(str(path))
        return
    counts = genes.counts
    assert counts.read + counts.skipped == len(found)
    assert counts.used >= len(genes) >= 1
    for held in genes.by_chrom.values():
        assert (held.starts < held.ends).all()
        assert (np.diff(held.starts) >= 0).all()
        known = held.transcripts
        assert known.first[0] == known.first_exon[0] == 0
        assert known.first[-1] == len(known.coding) == len(known.first_exon) - 1
        assert known.first_exon[-1] == len(known.exon_starts) == len(known.exon_ends)
        assert (np.diff(known.first_exon) > 0).all()
        gene = np.repeat(np.arange(len(held.names)), np.diff(known.first))
        owner = np.repeat(gene, np.diff(known.first_exon))
        assert (known.exon_starts >= held.starts[owner]).all()
        assert (known.exon_ends <= held.ends[owner]).all()
        codes = known.coding[:, 0] < known.coding[:, 1]
        assert (known.coding[codes, 0] >= held.starts[gene[codes]]).all()
        assert (known.coding[codes, 1] <= held.ends[gene[codes]]).all()
        assert (known.coding[~codes] == 0).all()
