"""The last check of a sweep: pyBigWig must read from each track what was computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from regtrack.errors import OutputError
from regtrack.genome.assembly import Assembly
from regtrack.sweep import chunks, encoding, joining
from regtrack.sweep.content import Content
from regtrack.sweep.request import Compute
from regtrack.sweep.run import predict_genome
from regtrack.tracks.bigwig.encode import Encoded, encode, encode_rows, join
from regtrack.tracks.bigwig.places import Places
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.bigwig.readings import Expected, Totals

from .toys import as_checkpoint, random_codes, small_model, write_fasta

CODES = {"chr2": random_codes(9_007, 0, [(2_000, 3_111)]), "chr10": random_codes(4_403, 1)}
ASSEMBLY = Assembly(tuple(CODES), tuple(map(len, CODES.values())))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunks, "CHUNK", 2_000)
    torch.set_num_threads(1)
    write_fasta(Path("r.fa"), CODES)
    return tmp_path


def sweep(out: str = "tracks") -> None:
    checkpoint = as_checkpoint(small_model("cnn3").float(), ASSEMBLY)
    predict_genome(checkpoint, "r.fa", out, compute=Compute(window=700, batch_size=3))


def content(out: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(out).glob("*.bw")}


def summary(path: Path) -> None:
    """One base more in the total summary."""
    with RawBigWig(path) as raw:
        at = raw.header.summary_at
    whole = bytearray(path.read_bytes())
    whole[at] = (whole[at] + 1) % 256
    path.write_bytes(whole)


def zoom(path: Path) -> None:
    """The first level's records are taken from the data's index."""
    whole = bytearray(path.read_bytes())
    with RawBigWig(path) as raw:
        level, data = raw.header.zooms[0], raw.header.index_at
    whole[64 + 16 : 64 + 24] = data.to_bytes(8, "little")
    assert level.index_at != data
    path.write_bytes(whole)


def index(path: Path) -> None:
    """Every block is said to be where none is."""
    with RawBigWig(path) as raw:
        at = raw.header.index_at + 48 + 4
        count = len(raw.index)
    whole = bytearray(path.read_bytes())
    for leaf in range(count):
        place = at + 32 * leaf + 16
        whole[place : place + 8] = at.to_bytes(8, "little")
    path.write_bytes(whole)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:300])


def chromosome(path: Path) -> None:
    """chr2 becomes chr3."""
    whole = path.read_bytes()
    assert whole.count(b"chr2\0") == 1
    path.write_bytes(whole.replace(b"chr2\0", b"chr3\0"))


def crash(path: Path) -> None:
    """A minimum that is not a number."""
    with RawBigWig(path) as raw:
        at = raw.header.summary_at + 8
    whole = bytearray(path.read_bytes())
    whole[at : at + 8] = np.float64(np.nan).tobytes()
    path.write_bytes(whole)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (summary, r"pyBigWig finds 12,3\d\d bases covered; expected 12,299"),
        (zoom, "pyBigWig "),
        (index, "pyBigWig "),
        (cut_short, "pyBigWig cannot open it"),
        (chromosome, "pyBigWig finds for chr2 no such chromosome; expected 9,007 bp"),
        (crash, "pyBigWig cannot read it: its process ended with SIG"),
    ],
)
def test_a_damaged_track_is_not_published(
    damage: Callable[[Path], None], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep("undisturbed")
    undamaged = joining._write_group

    def write_group(work: Any, markers: range) -> Any:
        found = undamaged(work, markers)
        if 1 in markers:
            damage(work.joined / work.tracks[1].file)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(joining, "_write_group", write_group)
        with pytest.raises(OutputError, match=message) as error:
            sweep()
    assert str(error.value).startswith("cnn3.K562_histone.bw differs from what was computed: ")
    assert not Path("tracks").exists()
    sweep()  # joins what is there
    assert content("tracks") == content("undisturbed")


def test_blocks_with_other_values_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a fault of the encoder: zoom levels and summary are what they should be."""

    def wrong(places: Places, rows: np.ndarray) -> list[Encoded]:
        packed = encode_rows(places, rows * np.float32(1.001))
        right = encode_rows(places, rows)
        return [replace(one, bins=of.bins) for one, of in zip(packed, right, strict=True)]

    monkeypatch.setattr(encoding, "encode_rows", wrong)
    with pytest.raises(OutputError, match=r"pyBigWig finds for chr(2|10):[\d,]+-[\d,]+ minimum"):
        sweep()


def test_bins_split_between_pieces_are_not_sampled() -> None:
    found = Content(Assembly(("chr1",), (2_000,)), 1)
    values = np.arange(1_000, dtype=np.float32)
    cuts = [0, 200, 300, 1_000]  # within the second bin of 128, twice in the third, and at the end
    pieces = [encode(0, left, values[left:right]) for left, right in pairwise(cuts)]
    found.add(join(pieces).bins)
    assert found.totals == Totals(1_000, 0.0, 999.0, 499_500.0)
    expected = found.expected
    assert expected.chroms == {"chr1": found.totals}
    (sample,) = expected.samples
    # 3 to 6 are whole, but for the first and last bin
    assert (sample.start, sample.end) in {(128 * n, 128 * n + 128) for n in (3, 4, 5, 6)}
    inside = values[sample.start : sample.end]
    assert sample.totals == Totals(128, inside[0], inside[-1], float(inside.sum()))


def test_a_track_of_few_bins_has_no_sample() -> None:
    found = Content(ASSEMBLY, 1)
    assert found.expected == Expected({"chr2": 9_007, "chr10": 4_403}, 0)
    found.add(encode(0, 100, np.ones(60, np.float32)).bins)
    assert found.expected.samples == ()
    assert found.expected.bases == 60
