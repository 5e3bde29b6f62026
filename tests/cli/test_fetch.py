"""`regtrack fetch` as a user sees it, up to a dataset of what came."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from local_server import Server, local_server

from regtrack.cli import main
from regtrack.dataset.store import Dataset

pytestmark = pytest.mark.network

Run = Callable[..., int]
COLUMNS = ("collections", "file", "urls", "assembly", "chrom", "category", "biosample", "target")


@pytest.fixture
def server() -> Iterator[Server]:
    with local_server() as found:
        yield found


@pytest.fixture
def regtrack(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process; its status."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    def call(*words: str) -> int:
        monkeypatch.setattr("sys.argv", ["regtrack", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return call


@pytest.fixture
def sources(server: Server, tmp_path: Path) -> str:
    """A table with a reference of two chromosomes and two peak files."""
    rows = []
    for name in ("chr1", "chr2"):
        url = server.serve(f"/{name}.fa.gz", gzip.compress(f">{name}\n{'ACGT' * 5000}\n".encode()))
        rows.append(("small", "", url, "tiny", name, "", "", ""))
    for name, chrom in (("a", "chr1"), ("b", "chr2")):
        url = server.serve(f"/{name}.bed.gz", gzip.compress(f"{chrom}\t50\t9000\n".encode()))
        rows.append(("small", f"peaks/{name}.bed.gz", url, "tiny", "", "TF", "K562", f"T{name}"))
    path = tmp_path / "sources.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in (COLUMNS, *rows)))
    return str(path)


def test_two_commands_lead_to_a_dataset(
    regtrack: Run, sources: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, data = str(tmp_path / "out"), str(tmp_path / "data")
    assert regtrack("fetch", "small", "--sources", sources, "--out", out, "--jobs", "2") == 0
    shown = capsys.readouterr().out
    assert "3 files fetched" in shown
    assert "0 there already" in shown
    (following,) = [line for line in shown.splitlines() if line.startswith("Next: regtrack ")]
    words = following.split()[2:]
    words[words.index("data")] = data
    assert regtrack(*words, "--window", "1000") == 0
    dataset = Dataset.open(tmp_path / "data")
    assert [marker.name for marker in dataset.markers] == ["K562_Ta", "K562_Tb"]
    assert dataset.assembly.names == ("chr1", "chr2")
    assert dataset.dense("chr2", 40, 60)[1].tolist() == [0] * 10 + [1] * 10


def test_a_dry_run_lists_files_with_sizes(
    regtrack: Run, sources: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("fetch", "small", "--sources", sources, "--out", str(tmp_path / "out"), "--dry-run")
    assert regtrack(*words) == 0
    shown = capsys.readouterr().out
    assert "peaks/a.bed.gz" in shown
    assert "4 files to fetch" in shown
    assert "unknown" not in shown
    assert regtrack(*words, "--json", "--markers", "*_Ta", "--chroms", "chr2") == 0
    plan = json.loads(capsys.readouterr().out)
    assert [one["file"] for one in plan["files"]] == ["peaks/a.bed.gz", "chr2.fa.gz"]
    assert plan["bytes"] == sum(one["size"] for one in plan["files"]) > 0
    assert not (tmp_path / "out").exists()


def test_a_failure_is_listed_and_gives_status_1(
    regtrack: Run, sources: str, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del server.files["/b.bed.gz"]
    words = ("fetch", "small", "--sources", sources, "--out", str(tmp_path / "out"))
    assert regtrack(*words) == 1
    shown = capsys.readouterr()
    assert f"failed: peaks/b.bed.gz: {server.address[7:]}: HTTP 404 Not Found\n" in shown.out
    assert "1 failed (run again for these)" in shown.out
    assert "markers.tsv names the 1 of 2 peak files" in shown.err
    assert regtrack(*words, "--json") == 1
    done = json.loads(capsys.readouterr().out)
    assert [one["file"] for one in done["failed"]] == ["peaks/b.bed.gz"]
    assert sorted(done["kept"]) == ["peaks/a.bed.gz", "tiny.fa.gz"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("fetch", "nonsense"),
            'error: no collection is called "nonsense"; expected small, encode-919',
        ),
        (("fetch", "small", "--jobs", "0"), "error: --jobs is 0; expected 1 to 32"),
        (("fetch", "hg19", "--markers", "*"), "error: --markers was given, and hg19 has no"),
    ],
)
def test_a_mistake_is_one_line(
    regtrack: Run, sources: str, capsys: pytest.CaptureFixture[str], words: tuple[str, ...],
    message: str,
) -> None:  # fmt: skip
    assert regtrack(*words, "--sources", sources, "--out", f"{sources}.out") == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(message)
    assert shown.err.count("\n") == 1
