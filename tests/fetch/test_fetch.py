"""Whole fetches: what comes, what is kept, what is refused, and what an interruption leaves."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from local_server import Server

from regtrack.atomic import hold
from regtrack.errors import FetchError, OutputError
from regtrack.fetch.choose import FetchRequest
from regtrack.fetch.net import Net
from regtrack.fetch.run import fetch_data, plan_fetch
from regtrack.fetch.summary import FetchSummary
from regtrack.labels.manifest import read_markers

pytestmark = pytest.mark.network

Connect = Callable[..., Net]
Table = Callable[..., Path]
NAMES = ("a", "b", "c", "d", "e")
PEAKS = {
    name: gzip.compress(f"chr1\t{at}\t{at + 9}\t{name}\n".encode() * 999, mtime=0)
    for at, name in enumerate(NAMES)
}


@pytest.fixture
def peaks(server: Server, table: Table) -> Path:
    """A table of five peak files and two others."""
    rows = [
        {
            "collections": "peaks",
            "file": f"peaks/{name}.bed.gz",
            "urls": server.serve(f"/{name}.bed.gz", content),
            "category": "TF" if name < "d" else "DNase",
            "biosample": "K562",
            "target": f"T{name}",
        }
        for name, content in PEAKS.items()
    ]
    rows += [
        {"collections": "genes", "urls": server.serve("/genes.gtf.gz", gzip.compress(b"x")),
         "citation": "GENCODE"},
        {"collections": "gone peaks2", "urls": f"{server.address}/gone.gtf.gz"},
    ]  # fmt: skip
    return table(*rows)


@pytest.fixture
def fetch(peaks: Path, connect: Connect, tmp_path: Path) -> Callable[..., FetchSummary]:
    """Fetch collections of the table into `out`."""

    def call(*names: str, jobs: int = 3, overwrite: bool = False, **of: object) -> FetchSummary:
        request = FetchRequest(names, sources=peaks, **of)  # type: ignore[arg-type]
        net = connect(tries=3)
        return fetch_data(request, tmp_path / "out", jobs=jobs, overwrite=overwrite, net=net)

    return call


def files(folder: Path) -> list[str]:
    """The files in a folder, also hidden ones."""
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def test_peak_files_come_with_their_table_and_checksums(
    fetch: Callable[..., FetchSummary], tmp_path: Path
) -> None:
    done = fetch("peaks", "genes")
    out = tmp_path / "out"
    assert sorted(done.fetched) == ["genes.gtf.gz", *(f"peaks/{name}.bed.gz" for name in NAMES)]
    assert (done.kept, done.failed, done.checked) == ((), (), {"content": 6})
    assert done.citations == ("GENCODE",)
    assert files(out) == sorted([*done.fetched, "SHA256SUMS", "fetch.json", "markers.tsv"])
    check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(check, cwd=out, check=True, capture_output=True).stdout.count(b"OK") == 7
    found = read_markers(out / "markers.tsv")
    assert [file.marker.name for file in found] == [f"K562_T{name}" for name in NAMES]
    assert [file.path.read_bytes() for file in found] == list(PEAKS.values())


def test_a_second_run_fetches_what_is_missing_or_damaged(
    fetch: Callable[..., FetchSummary], server: Server, tmp_path: Path
) -> None:
    fetch("peaks")
    out = tmp_path / "out" / "peaks"
    (out / "a.bed.gz").unlink()
    (out / "b.bed.gz").write_bytes(bytes(len(PEAKS["b"])))  # of the same size
    server.requests.clear()
    done = fetch("peaks")
    assert sorted(done.fetched) == ["peaks/a.bed.gz", "peaks/b.bed.gz"]
    assert len(done.kept) == 3
    assert {one.path for one in server.requests} == {"/a.bed.gz", "/b.bed.gz"}
    assert (out / "b.bed.gz").read_bytes() == PEAKS["b"]
    server.requests.clear()
    assert fetch("peaks").fetched == ()
    assert server.requests == []


def test_markers_are_chosen_by_globs_and_the_table_follows(
    fetch: Callable[..., FetchSummary], tmp_path: Path
) -> None:
    table = tmp_path / "out" / "markers.tsv"
    assert len(fetch("peaks", markers=["category:DNase"]).fetched) == 2
    assert [one.marker.name for one in read_markers(table)] == ["K562_Td", "K562_Te"]
    assert fetch("peaks", markers=["*_Ta,*_Td"]).kept == ("peaks/d.bed.gz",)
    assert [one.marker.name for one in read_markers(table)] == ["K562_Ta", "K562_Td"]
    table.write_text("mine")
    with pytest.raises(OutputError, match=r"markers\.tsv was not written by regtrack fetch"):
        fetch("peaks")
    assert fetch("peaks", overwrite=True).failed == ()
    assert len(read_markers(table)) == 5


def test_failures_are_told_and_the_rest_comes(
    fetch: Callable[..., FetchSummary], server: Server, tmp_path: Path
) -> None:
    server.files["/b.bed.gz"].answers = [(500, {})] * 99
    del server.files["/c.bed.gz"]
    done = fetch("peaks", "gone")
    assert {one.file: one.reason.partition(": ")[2] for one in done.failed} == {
        "peaks/b.bed.gz": "HTTP 500 Internal Server Error",
        "peaks/c.bed.gz": "HTTP 404 Not Found",
        "gone.gtf.gz": "HTTP 404 Not Found",
    }
    assert len(read_markers(tmp_path / "out" / "markers.tsv")) == 3
    assert not (tmp_path / "out" / "fetch.partial").exists()
    server.files["/b.bed.gz"].answers = []
    assert fetch("peaks").fetched == ("peaks/b.bed.gz",)


def test_an_interruption_leaves_parts_that_resume(
    fetch: Callable[..., FetchSummary], peaks: Path, server: Server, connect: Connect,
    tmp_path: Path,
) -> None:  # fmt: skip
    server.files["/a.bed.gz"].cuts = [30, 0, 0, 0]

    class Task:
        def advance(self, amount: float = 1, note: str | None = None) -> None:
            if note == "a.bed.gz" and amount == 30:
                raise KeyboardInterrupt

    class Progress:
        @contextmanager
        def task(self, description: str, total: float | None, unit: str) -> Iterator[Task]:
            yield Task()

    with pytest.raises(KeyboardInterrupt):
        fetch_data(
            FetchRequest(["peaks"], sources=peaks), tmp_path / "out", jobs=1, net=connect(),
            progress=Progress(),
        )  # fmt: skip
    out = tmp_path / "out"
    assert "fetch.partial/files/peaks/a.bed.gz" in files(out)
    assert "peaks/a.bed.gz" not in files(out)
    server.files["/a.bed.gz"].cuts = []
    assert len(fetch("peaks").fetched) == 5
    assert server.asked("/a.bed.gz")[-1].headers["Range"] == "bytes=30-"
    assert not any("partial" in file for file in files(out))


def test_one_process_per_folder(fetch: Callable[..., FetchSummary], tmp_path: Path) -> None:
    with hold(tmp_path / "out" / "fetch.json"), pytest.raises(OutputError, match="another process"):
        fetch("peaks")
    assert not (tmp_path / "out").exists()


def test_files_that_are_there_already_are_used_if_they_are_right(
    fetch: Callable[..., FetchSummary], server: Server, tmp_path: Path
) -> None:
    out = tmp_path / "out" / "peaks"
    out.mkdir(parents=True)
    (out / "a.bed.gz").write_bytes(PEAKS["a"])
    (out / "b.bed.gz").write_bytes(gzip.compress(b"mine"))
    done = fetch("peaks")
    assert done.kept == ("peaks/a.bed.gz",)
    assert server.asked("/a.bed.gz") == []
    ((file, reason),) = [(one.file, one.reason) for one in done.failed]
    assert file == "peaks/b.bed.gz"
    assert "is not what is published (it has" in reason
    assert gzip.decompress((out / "b.bed.gz").read_bytes()) == b"mine"
    assert fetch("peaks", overwrite=True).fetched == ("peaks/b.bed.gz",)
    assert (out / "b.bed.gz").read_bytes() == PEAKS["b"]


@pytest.mark.parametrize("order", ["{digest}  {name}", "{digest} *./x/{name}", "{name} {digest}"])
def test_published_checksums_are_compared(
    server: Server, table: Table, connect: Connect, tmp_path: Path, order: str
) -> None:
    right, wrong = (hashlib.md5(PEAKS[name]).hexdigest() for name in "ab")
    lines = [order.format(digest=right, name="a.gz"), order.format(digest=right, name="b.gz")]
    listed = server.serve("/md5sum.txt", "\n".join([*lines, "", "# a comment"]).encode())
    rows = [
        {"collections": "x", "urls": server.serve(f"/{name}.gz", PEAKS[name]),
         "checksum_list": listed}
        for name in "abc"
    ]  # fmt: skip
    request = FetchRequest(["x"], sources=table(*rows))
    done = fetch_data(request, tmp_path / "out", net=connect())
    assert sorted(done.fetched) == ["a.gz", "c.gz"]
    assert done.checked == {"md5": 1, "content": 1}
    assert [one.reason for one in done.failed] == [
        f"{server.address[7:]}: its md5 is {wrong}; published is {right}"
    ]
    assert len(server.asked("/md5sum.txt")) == 1


def test_without_the_list_contents_are_checked_and_that_is_said(
    server: Server, table: Table, connect: Connect, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.serve("/a.gz", PEAKS["a"])
    row = {"collections": "x", "urls": url, "checksum_list": f"{server.address}/md5sum.txt"}
    done = fetch_data(FetchRequest(["x"], sources=table(row)), tmp_path / "out", net=connect())
    assert done.checked == {"content": 1}
    assert "no published checksums at" in caplog.text


def archive(*members: tuple[str, bytes]) -> bytes:
    """A tar.gz, also with a folder and a link."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("all/c.bed.gz")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return file.getvalue()


def test_an_archive_gives_what_the_servers_lack(
    server: Server, table: Table, connect: Connect, tmp_path: Path
) -> None:
    """Names in it may lie in folders and lack dots; links are not followed."""
    content = archive(("all/abed.gz", PEAKS["a"]), ("all/b.bed.gz", PEAKS["b"]))
    whole = server.serve("/all.tar.gz", content, cuts=[40])
    urls = {name: f"{server.address}/{name}.bed.gz {whole}#{name}.bed.gz" for name in "abc"}
    server.serve("/b.bed.gz", PEAKS["b"])
    rows = [{"collections": "x", "file": f"{n}.bed.gz", "urls": url} for n, url in urls.items()]
    request = FetchRequest(["x"], sources=table(*rows))
    done = fetch_data(request, tmp_path / "out", net=connect())
    assert sorted(done.fetched) == ["a.bed.gz", "b.bed.gz"]
    assert (tmp_path / "out" / "a.bed.gz").read_bytes() == PEAKS["a"]
    assert [one.reason.partition("; ")[2] for one in done.failed] == [
        "all.tar.gz: the archive lacks it"
    ]
    assert len(server.asked("/all.tar.gz")) == 2
    record = json.loads((tmp_path / "out" / "fetch.json").read_text())
    assert record["files"]["a.bed.gz"]["urls"] == [whole]


def test_a_damaged_archive_is_said(
    server: Server, table: Table, connect: Connect, tmp_path: Path
) -> None:
    whole = server.serve("/all.tar", archive(("a.bed.gz", PEAKS["a"]))[:90])
    row = {"collections": "x", "file": "a.bed.gz", "urls": f"{whole}#a.bed.gz"}
    done = fetch_data(FetchRequest(["x"], sources=table(row)), tmp_path / "out", net=connect())
    assert "all.tar: it is damaged" in done.failed[0].reason
    assert files(tmp_path / "out") == []


def test_without_a_network_it_is_one_line(table: Table, connect: Connect, tmp_path: Path) -> None:
    row = {"collections": "x", "urls": "http://127.0.0.1:9/a.gz http://127.0.0.1:10/a.gz"}
    request = FetchRequest(["x"], sources=table(row))
    with pytest.raises(FetchError, match=r"no server answers \(.*:9, .*:10: connection refused"):
        fetch_data(request, tmp_path / "out", net=connect())
    assert not (tmp_path / "out").exists()
    plan = plan_fetch(request, tmp_path / "out", net=connect())
    assert plan.unknown == 1
    assert "connection refused" in plan.silent


def test_a_plan_says_sizes_and_writes_nothing(
    peaks: Path, server: Server, connect: Connect, tmp_path: Path
) -> None:
    server.files["/b.bed.gz"].head = 405
    plan = plan_fetch(FetchRequest(["peaks"], sources=peaks), tmp_path / "out", net=connect())
    assert [one.size for one in plan.missing] == [
        None if name == "b" else len(content) for name, content in PEAKS.items()
    ]
    assert plan.unknown == 1
    assert {one.method for one in server.requests} == {"HEAD"}
    assert not (tmp_path / "out").exists()
    fetch_data(FetchRequest(["peaks"], sources=peaks), tmp_path / "out", net=connect())
    later = plan_fetch(FetchRequest(["peaks"], sources=peaks), tmp_path / "out", net=connect())
    assert (later.missing, later.bytes, len(later.files)) == ((), 0, 5)


def test_a_damaged_record_is_told_and_files_are_checked_anew(
    fetch: Callable[..., FetchSummary], server: Server, tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    fetch("genes")
    (tmp_path / "out" / "fetch.json").write_text("{")
    server.requests.clear()
    done = fetch("genes")
    assert (done.fetched, done.kept) == ((), ("genes.gtf.gz",))
    assert server.asked("/genes.gtf.gz") == []
    assert "fetch.json is not used" in caplog.text


def test_a_full_disk_is_refused_before_anything_comes(
    fetch: Callable[..., FetchSummary], server: Server, tmp_path: Path
) -> None:
    server.files["/genes.gtf.gz"].length = 10**18
    with pytest.raises(OutputError, match=r"will be written and .* free"):
        fetch("genes")
    assert server.asked("/genes.gtf.gz") == []
