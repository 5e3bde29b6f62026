"""An index is used only if it is of this very file, whatever the dates say."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
from pathlib import Path

import pytest
from fastas import write

from regtrack.errors import FastaError
from regtrack.genome import fasta_open
from regtrack.genome.fasta_scan import scan_fasta
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import decode

TEXT = ">chr1 the > first\nACGTAC\nAC\n>chr2 of > two\nTTTTT\n"
FAI = "chr1\t8\t18\t6\t7\nchr2\t5\t43\t5\t6\n"  # as samtools faidx writes it
MADE_ANEW = "was broken or of another file: it was made anew"


def write_index(path: Path, content: str | bytes, *, newer: bool = True) -> Path:
    """Write an index next to a FASTA, newer or older than it."""
    index = Path(f"{path}.fai")
    index.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(index, (2**32, 2**32) if newer else (1, 1))
    return index


def bases(path: Path) -> dict[str, str]:
    """All that a reference reads."""
    with Reference(path) as reference:
        chroms = reference.assembly.names
        return {c: decode(reference.codes(c, 0, reference.assembly.length(c))) for c in chroms}


def files(folder: Path) -> dict[str, tuple[int, str]]:
    """Date and content of each file of a folder."""
    return {
        file.name: (file.stat().st_mtime_ns, hashlib.sha256(file.read_bytes()).hexdigest())
        for file in folder.iterdir()
    }


@pytest.fixture
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGTRACK_CACHE", str(tmp_path_factory.mktemp("cache")))


def test_the_index_is_the_one_that_samtools_writes(tmp_path: Path) -> None:
    for name in ("a.fa", "a.bgz"):
        path = write(tmp_path / name, TEXT)
        assert bases(path) == {"chr1": "ACGTACAC", "chr2": "TTTTT"}
        assert Path(f"{path}.fai").read_text() == FAI
    unended = write(tmp_path / "b.fa", ">c\nACGT")
    bases(unended)
    assert Path(f"{unended}.fai").read_text() == "c\t4\t3\t4\t5\n"


@pytest.mark.parametrize("newer", [True, False])
@pytest.mark.parametrize("fai", [FAI, FAI.replace("\n", "\r\n")])
def test_a_right_index_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fai: str, newer: bool
) -> None:
    path = write(tmp_path / "a.fa", TEXT)
    write_index(path, fai, newer=newer)
    before = files(tmp_path)
    assert bases(path) == {"chr1": "ACGTACAC", "chr2": "TTTTT"}
    assert files(tmp_path) == before
    assert caplog.text == ""


@pytest.mark.parametrize("name", ["a.fa", "a.fa.bgz"])
@pytest.mark.parametrize("newer", [True, False])
@pytest.mark.parametrize(
    "other",
    [
        "broken", "", "chr1\tx\ty\tz\t1\n", b"\0\1\xff", "chr1\t8\t18\t6\t7\nchr2\t5",
        "chr1\t8\t18\t6\t7\nchr2\t5\t43\t0\t1\n", "chr1\t8\t18\t6\t6\nchr2\t5\t43\t5\t6\n",
        f"chr1\t8\t18\t6\t7\nchr2\t{10**30}\t43\t5\t6\n",
        f"chr1\t8\t18\t6\t7\nchr2\t{10**12}\t43\t5\t6\n",
        "chr1\t8\t18\t6\t7\n",  # a record is missing
        "chr2\t5\t43\t5\t6\n",  # so is the first
        "chr1\t8\t18\t6\t7\nchr3\t5\t43\t5\t6\n",  # another name
        "chr2\t8\t18\t6\t7\nchr1\t5\t43\t5\t6\n",  # swapped names
        "chr1\t8\t18\t6\t7\nchr2\t5\t44\t5\t6\n",  # a base further
        "chr1\t8\t18\t6\t7\nchr2\t3\t43\t5\t6\n",  # shorter
        "chr1\t8\t18\t5\t6\nchr2\t5\t43\t5\t6\n",  # other lines
        "chr1\t9\t18\t7\t7\nchr2\t5\t43\t5\t6\n",  # a line end taken for a base
    ],
)  # fmt: skip
def test_the_index_of_another_file_is_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, other: str | bytes, newer: bool
) -> None:
    path = write(tmp_path / name, TEXT)
    index = write_index(path, other, newer=newer)
    for _ in range(2):
        assert bases(path) == {"chr1": "ACGTACAC", "chr2": "TTTTT"}
    assert caplog.messages == [f"{index} {MADE_ANEW}"]
    assert index.read_text() == FAI
    expected = {path.name, index.name} | ({"a.fa.bgz.gzi"} if name.endswith(".bgz") else set())
    assert {found.name for found in tmp_path.iterdir()} == expected


def test_the_index_of_a_counter_of_blanks_is_made_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "a.fa", ">chr1\nACGTAC \nAC \n")
    write_index(path, "chr1\t10\t6\t7\t8\n")  # with the blanks as bases
    assert bases(path) == {"chr1": "ACGTACAC"}


def two_chromosomes(first: str, second: str) -> str:
    return f">{first}\n{'ACGTA' * 40}\n{'AC' * 3}\n>{second}\n{'GGT' * 66}GG\nTTTTTT\n"


@pytest.mark.parametrize("name", ["a.fa", "a.bgz", "a.gz"])
def test_a_file_replaced_with_its_date_kept_is_noticed(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, two_chromosomes("chr1", "chr2"))
    stat, before = path.stat(), bases(path)
    write(path, two_chromosomes("chr2", "chr1"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert bases(path) == {"chr2": before["chr1"], "chr1": before["chr2"]}
    write(path, ">chr1\nGATTACA\n")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert bases(path) == {"chr1": "GATTACA"}


def test_lines_that_moved_within_a_record_are_found_when_they_are_read(tmp_path: Path) -> None:
    even = ">c\n" + "ACGTACGTAC\n" * 9000
    path = write(tmp_path / "a.fa", even)
    bases(path)
    lines = even.splitlines(keepends=True)
    moved = 4001  # not among those looked up when it is opened
    lines[moved : moved + 2] = ["ACGTACGTA\n", "CACGTACGTAC\n"]
    path.write_text("".join(lines))
    reference = Reference(path)
    assert decode(reference.codes("c", 0, 20)) == "ACGTACGTACACGTACGTAC"
    with pytest.raises(FastaError, match=f"line {moved + 1:,}: its length is not that of"):
        reference.codes("c", 30_000, 50_000)


def test_the_index_of_moved_lines_is_made_anew_when_they_are_read(tmp_path: Path) -> None:
    with Reference(write(tmp_path / "a.fa", ">c\nACGTAC\nAC\n")) as reference:
        reference.path.write_text(">c\nACGT\nACAC\n")
        with pytest.raises(FastaError, match="indexed anew; run again"):
            reference.codes("c", 0, 8)
    assert bases(tmp_path / "a.fa") == {"c": "ACGTACAC"}


@pytest.mark.parametrize("sign", [b"\xc2\x80", b"12", b"A?"])
def test_other_signs_than_letters_are_refused_where_they_are_read(
    tmp_path: Path, sign: bytes
) -> None:
    """The index still fits, since the lines are as long as they were."""
    path = write(tmp_path / "a.fa", b">chr1\n" + b"ACGTACGT\n" * 9)
    Reference(path).close()
    write(path, b">chr1\n" + b"ACGTACGT\n" * 4 + b"AC" + sign + b"ACGT\n" + b"ACGTACGT\n" * 4)
    with Reference(path) as reference:
        assert len(reference.codes("chr1", 0, 30)) == 30
        with pytest.raises(FastaError, match=r"line 6: found .* among the bases"):
            reference.codes("chr1", 0, 72)


@pytest.mark.usefixtures("_own_cache")
@pytest.mark.parametrize("wrong", [None, "chr1\t8\t18\t6\t7\n"])
@pytest.mark.parametrize("name", ["a.fa", "a.bgz"])
def test_an_index_that_cannot_be_written_lies_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, wrong: str | None
) -> None:
    path = write(tmp_path / name, TEXT)
    if wrong is not None:
        write_index(path, wrong)
    before = files(tmp_path)
    refuse_writing(monkeypatch, tmp_path)
    scans = count_scans(monkeypatch)
    for _ in range(2):
        assert bases(path) == {"chr1": "ACGTACAC", "chr2": "TTTTT"}
    assert files(tmp_path) == before
    assert len(scans) == 1


@pytest.mark.usefixtures("_own_cache")
def test_an_index_that_can_be_written_nowhere_stays_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.bgz", TEXT)
    refuse_writing(monkeypatch, Path("/"))
    assert bases(path) == {"chr1": "ACGTACAC", "chr2": "TTTTT"}
    assert [file.name for file in tmp_path.iterdir()] == ["a.bgz"]


def refuse_writing(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Refuse what publishes files in a folder, as a read-only disk does, also to root."""
    publish = fasta_open.publish_file

    def refuse(path: Path, **options: bool) -> object:
        if path.is_relative_to(folder):
            raise fasta_open.OutputError(f"cannot write {path}: the file system is read-only")
        return publish(path, **options)

    monkeypatch.setattr(fasta_open, "publish_file", refuse)


def count_scans(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    scans: list[object] = []

    def scan(*given: object) -> object:
        scans.append(given)
        return scan_fasta(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(fasta_open, "scan_fasta", scan)
    return scans


@pytest.mark.parametrize(
    "gzi", [b"", b"short", bytes(8), (1).to_bytes(8, "little") + bytes(16), b"\xff" * 24, "other"]
)
def test_a_block_index_of_another_file_is_made_anew(tmp_path: Path, gzi: bytes | str) -> None:
    text = ">c\n" + "".join(f"{number:064b}\n" for number in range(4000))
    text = text.replace("0", "A").replace("1", "G")
    path = write(tmp_path / "a.bgz", text)
    expected = bases(path)
    place = Path(f"{path}.gzi")
    right = place.read_bytes()
    assert int.from_bytes(right[:8], "little") == len(text) // 65_280
    if gzi == "other":
        shutil.copy(path, tmp_path / "b.bgz")
        bases(write(tmp_path / "b.bgz", text.replace("AG", "GA")))
        gzi = Path(f"{tmp_path}/b.bgz.gzi").read_bytes()
    place.write_bytes(gzi)  # type: ignore[arg-type]
    assert bases(path) == expected
    assert place.read_bytes() == (bytes(8) if gzi == bytes(8) else right)


def test_bgzip_files_in_a_row_are_one(tmp_path: Path) -> None:
    first, second = ">c\n" + "ACGTA\n" * 30_000, ">d\nGGGG\n"
    whole = write(tmp_path / "1.bgz", first).read_bytes()
    whole += write(tmp_path / "2.bgz", second).read_bytes()
    (tmp_path / "a.bgz").write_bytes(whole)
    for _ in range(2):
        assert bases(tmp_path / "a.bgz") == {"c": "ACGTA" * 30_000, "d": "GGGG"}


@pytest.mark.parametrize("at", [30, 60, 5_000, -40])
def test_a_damaged_block_is_found_when_it_is_read(tmp_path: Path, at: int) -> None:
    noise = "".join("ACGT"[value % 4] for value in os.urandom(90_000))
    path = write(tmp_path / "a.bgz", f">c\n{noise}\n")
    content = bytearray(path.read_bytes())
    content[at] ^= 0x10
    path.write_bytes(content)
    with pytest.raises(FastaError, match=r"damaged|truncated"):
        bases(path)


def index_together(path: Path) -> str:
    return bases(path)["chr2"]


@pytest.mark.parametrize("name", ["a.fa", "a.bgz", "a.gz"])
def test_many_processes_may_index_a_file_together(tmp_path: Path, name: str) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        for attempt in range(5):
            folder = tmp_path / str(attempt)
            folder.mkdir()
            path = write(folder / name, TEXT)
            assert pool.map(index_together, [path] * 8, chunksize=1) == ["TTTTT"] * 8
            left = {file.name for file in folder.iterdir()} - {name}
            assert left == {
                "a.fa": {"a.fa.fai"}, "a.bgz": {"a.bgz.fai", "a.bgz.gzi"}, "a.gz": set()
            }[name]  # fmt: skip
        pool.close()
        pool.join()
