"""References made of 2bit files and of FASTA files per chromosome, read as every command does."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from Bio import bgzf
from local_server import Server
from two_bit import write_2bit

from regtrack.errors import FetchError, OutputError
from regtrack.fetch import reference
from regtrack.fetch.choose import FetchRequest
from regtrack.fetch.net import Net
from regtrack.fetch.reference import make_reference
from regtrack.fetch.run import fetch_data
from regtrack.fetch.summary import FetchSummary
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import encode
from regtrack.progress import SILENT

Fetch = Callable[..., FetchSummary]

_random = random.Random(5)
SEQUENCES = {
    "chr1": "N" * 1000 + "".join(_random.choices("ACGTacgt", k=140_007)) + "NNNN",
    "chr2": "".join(_random.choices("acgt", k=333)),
    "chrM": "ACGTN" * 10,
    "chr6_hap": "A",
}


def fasta(name: str, end: str = "\n") -> bytes:
    """The FASTA of a chromosome, as UCSC writes it."""
    bases = SEQUENCES[name]
    lines = [f">{name}", *(bases[at : at + 50] for at in range(0, len(bases), 50))]
    return "\n".join(lines).encode() + end.encode()


@pytest.fixture
def fetch(
    server: Server, table: Callable[..., Path], connect: Callable[..., Net], tmp_path: Path
) -> Fetch:
    """Fetch an assembly that is served as 2bit and by chromosome."""
    write_2bit(tmp_path / "hg.2bit", SEQUENCES)
    whole = server.serve("/hg.2bit", (tmp_path / "hg.2bit").read_bytes())
    rows = [{"collections": "hg", "assembly": "hg", "urls": whole, "chrom": "*"}]
    for name in ("chr1", "chr2", "chrM"):
        url = server.serve(f"/{name}.fa.gz", gzip.compress(fasta(name, end="")))
        both = {"assembly": "hg", "urls": url, "chrom": name}
        rows.append({"collections": "hg parts" if name != "chrM" else "hg", **both})
    sources = table(*rows)

    def call(name: str = "hg", *, overwrite: bool = False, **of: object) -> FetchSummary:
        request = FetchRequest([name], sources=sources, **of)  # type: ignore[arg-type]
        return fetch_data(request, tmp_path / "out", overwrite=overwrite, net=connect(tries=2))

    return call


def check(path: Path, *names: str) -> None:
    """A reference holds the sequences, with indexes beside it, and other readers agree."""
    assert {one.name for one in path.parent.iterdir()} == {
        *(f"hg.fa.gz{suffix}" for suffix in ("", ".fai", ".gzi")), "fetch.json", "SHA256SUMS"
    }  # fmt: skip
    text = b"".join(fasta(name) for name in names)
    assert gzip.decompress(path.read_bytes()) == text
    with bgzf.open(path, "rb") as other:
        assert other.read(1 << 30) == text
    before = {one: one.stat().st_mtime_ns for one in path.parent.iterdir()}
    with Reference(path) as found:
        assert found.assembly.names == names
        for name in names:
            bases = SEQUENCES[name]
            assert (found.codes(name, 0, len(bases)) == encode(bases)).all()
    assert before == {one: one.stat().st_mtime_ns for one in path.parent.iterdir()}


@pytest.mark.network
@pytest.mark.parametrize("piece", [50, 100_000, 1 << 23])
def test_a_2bit_file_becomes_a_bgzip_fasta(
    fetch: Fetch, tmp_path: Path, server: Server, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "_PIECE", piece)
    done = fetch()
    assert (done.fetched, done.references) == (("hg.fa.gz",), ("hg.fa.gz",))
    check(tmp_path / "out" / "hg.fa.gz", *SEQUENCES)
    server.requests.clear()
    assert fetch().kept == ("hg.fa.gz",)
    assert server.requests == []


@pytest.mark.network
@pytest.mark.parametrize("chroms", [["chr2,chr1"], ["2", "1"]])
def test_named_chromosomes_come_from_their_own_files(
    fetch: Fetch, tmp_path: Path, server: Server, chroms: list[str]
) -> None:
    fetch(chroms=chroms)
    assert server.asked("/hg.2bit") == []
    check(tmp_path / "out" / "hg.fa.gz", "chr1", "chr2")
    assert fetch("parts").kept == ("hg.fa.gz",)  # the same chromosomes under another name
    with pytest.raises(OutputError, match="holds other chromosomes"):
        fetch()
    fetch(overwrite=True)
    check(tmp_path / "out" / "hg.fa.gz", *SEQUENCES)


@pytest.mark.network
def test_a_chromosome_without_a_file_comes_from_the_whole(fetch: Fetch, tmp_path: Path) -> None:
    fetch(chroms=["chrM,chr6_hap"])
    check(tmp_path / "out" / "hg.fa.gz", "chrM", "chr6_hap")


@pytest.mark.network
def test_unknown_chromosomes_are_refused(fetch: Fetch, server: Server, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r'hg.fa.gz cannot have chrQ; expected chr1, chr2.*"chr'):
        fetch("parts", chroms=["chr1,chrQ"])
    done = fetch(chroms=["chrM2"])
    assert "hg.2bit has no chrM2; expected some of its 4" in done.failed[0].reason
    assert done.failed[0].file == "hg.fa.gz"
    fetch(chroms=["chrM", "chr6_hap"])  # the 2bit file is still there, and all of it
    size = len(server.files["/hg.2bit"].content)
    assert server.asked("/hg.2bit")[-1].headers["Range"] == f"bytes={size}-"
    check(tmp_path / "out" / "hg.fa.gz", "chrM", "chr6_hap")


@pytest.mark.network
def test_a_failed_part_makes_no_reference(fetch: Fetch, tmp_path: Path, server: Server) -> None:
    content = server.files.pop("/chr2.fa.gz")
    done = fetch("parts")
    assert [one.file for one in done.failed] == ["chr2.fa.gz"]
    assert not (tmp_path / "out" / "hg.fa.gz").exists()
    server.files["/chr2.fa.gz"] = content
    assert fetch("parts").failed == ()
    assert [one.headers.get("Range") for one in server.asked("/chr1.fa.gz")] == [
        None, f"bytes={len(server.files['/chr1.fa.gz'].content)}-",
    ]  # fmt: skip
    check(tmp_path / "out" / "hg.fa.gz", "chr1", "chr2")


@pytest.mark.network
def test_a_file_of_another_chromosome_is_refused(
    fetch: Fetch, server: Server, tmp_path: Path
) -> None:
    server.files["/chr2.fa.gz"].content = gzip.compress(fasta("chrM"))
    reason = fetch("parts").failed[0].reason
    assert reason.startswith("the files hold chr1, chrM; expected chr1, chr2; correct their rows")
    assert not any((tmp_path / "out").rglob("*.*"))


@pytest.mark.network
def test_a_fasta_of_all_may_have_the_reference_s_own_name(
    server: Server, table: Callable[..., Path], connect: Callable[..., Net], tmp_path: Path
) -> None:
    """It cannot be read in part, which is said."""
    url = server.serve("/hg.fa.gz", gzip.compress(fasta("chr1") + fasta("chr2")))
    sources = table({"collections": "hg", "assembly": "hg", "urls": url, "chrom": "*"})

    def call(**of: object) -> FetchSummary:
        request = FetchRequest(["hg"], sources=sources, **of)  # type: ignore[arg-type]
        return fetch_data(request, tmp_path / "out", net=connect(tries=2))

    assert "only a 2bit file can be read in part" in call(chroms=["chr1"]).failed[0].reason
    assert call().fetched == ("hg.fa.gz",)
    check(tmp_path / "out" / "hg.fa.gz", "chr1", "chr2")


def test_a_truncated_2bit_file_is_refused(tmp_path: Path) -> None:
    write_2bit(tmp_path / "a.2bit", SEQUENCES)
    (tmp_path / "a.2bit").write_bytes((tmp_path / "a.2bit").read_bytes()[:5000])
    with pytest.raises(Exception, match=r"a\.2bit is damaged"):
        make_reference([tmp_path / "a.2bit"], (), tmp_path / "a.fa.gz", SILENT)
