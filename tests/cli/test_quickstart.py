"""`regtrack quickstart` from a server to tracks, with a genome of 300 kb and small networks."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
from local_server import Server, local_server

from regtrack.cli import main
from regtrack.dataset.store import Dataset
from regtrack.fetch.choose import FetchRequest
from regtrack.fetch.run import fetch_data
from regtrack.quickstart import plan, run

from .usual import usual

pytestmark = pytest.mark.network

Run = Callable[..., int]
COLUMNS = ("collections", "file", "urls", "assembly", "chrom", "category", "biosample", "target")
LENGTHS = {"chr21": 175_000, "chr22": 125_000}
SMALL = {
    "cnn7": {"channels": (4, 4, 4), "hidden": 4},
    "dilated": {"channels": (4, 4, 4), "hidden": 4, "pooling": "max"},
}


@pytest.fixture
def server() -> Iterator[Server]:
    with local_server() as found:
        yield found


@pytest.fixture
def quickstart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command in this process, in an empty folder; its status."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(plan, "MODELS", SMALL)
    monkeypatch.setattr(plan, "EPOCHS", 1)
    monkeypatch.setattr("regtrack.training.run.draw_history", lambda _, __, path: path.touch())
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> int:
        given = ("--out", "first", "--minutes", "0.01", "--models", "cnn7,dilated")
        line = ["regtrack", "--quiet", "quickstart", *usual(words, *given)]
        monkeypatch.setattr("sys.argv", line)
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return call


@pytest.fixture
def starter(server: Server, tmp_path: Path) -> tuple[str, Server]:
    """A server, and a table whose starter has a reference, peaks, genes and a blacklist."""
    random = np.random.default_rng(0)
    rows = []

    def add(file: str, content: str, *more: str) -> None:
        url = server.serve(f"/{Path(file).name}", gzip.compress(content.encode()))
        rows.append(("starter", file, url, "hg19", *more))

    for name, length in LENGTHS.items():
        bases = "".join(np.array(list("ACGT"))[random.integers(4, size=length)])
        add(f"hg19.{name}.fa.gz", f">{name}\n{bases}\n", name, "", "", "")
    places = [(name, at) for name, length in LENGTHS.items() for at in range(50, length, 5_000)]
    for marker, category in {"CTCF": "TF", "H3K27ac": "histone"}.items():
        peaks = "".join(f"{name}\t{at}\t{at + 900}\n" for name, at in places)
        add(f"peaks/{marker}.bed.gz", peaks, "", category, "K562", marker)
    add("hg19-blacklist.v2.bed.gz", "chr21\t100\t200\n", "", "", "", "")
    add("gencode.v19.annotation.gtf.gz", "", "", "", "", "")
    path = tmp_path / "sources.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in (COLUMNS, *rows)))
    return str(path), server


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip


def test_a_server_becomes_tracks_and_an_interrupted_one_resumes(
    quickstart: Run,
    starter: tuple[str, Server],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sources, server = starter
    words, out = ("--sources", sources), Path("first")

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    for step in ("train", "evaluate", "predict_genome"):
        with monkeypatch.context() as patch:
            patch.setattr(run, step, killed)
            assert quickstart(*words) == 130
    assert not (out / "tracks").exists()
    server.requests.clear()
    before = contents(out)
    capsys.readouterr()
    assert quickstart(*words) == 0
    shown = capsys.readouterr().out
    assert server.requests == []
    after = contents(out)
    assert before.items() <= after.items()  # nothing was made again
    assert {name.split("/")[0] for name in after} == {
        "quickstart.json", "starter", "data", "models", "scores", "tracks",
    }  # fmt: skip
    genes = "first/starter/gencode.v19.annotation.gtf.gz"
    assert f"regtrack serve first/tracks --labels first/data --genes {genes} --open" in shown
    dataset = Dataset.open(out / "data")
    assert dataset.assembly.names == ("chr21", "chr22")
    assert all(dataset.split_sizes.values())
    for model in SMALL:
        (track, _) = sorted((out / "tracks" / model).glob("*.bw"))
        with pyBigWig.open(str(track)) as opened:
            assert opened.chroms() == LENGTHS
            assert opened.header()["nBasesCovered"] == LENGTHS["chr22"]
    assert quickstart(*words) == 0
    assert contents(out) == after


def test_files_that_are_there_are_used(
    quickstart: Run, starter: tuple[str, Server], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch_data(FetchRequest(["starter"], sources=starter[0]), "mine")
    words = ("--files", "mine", "--json", "--chrom", "21")
    capsys.readouterr()
    assert quickstart(*words, "--dry-run") == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert [step["done"] for step in steps] == [True] + [False] * 6
    assert not (tmp_path / "first").exists()
    assert quickstart(*words) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["chrom"] == "chr21"
    assert made["files"]["exclude"] == "mine/hg19-blacklist.v2.bed.gz"
    assert {row["model"] for row in made["scores"]} == set(SMALL)
    assert not (tmp_path / "first" / "starter").exists()
    assert quickstart("--files", "mine") == 2
    assert "--chrom 21 there and None now" in capsys.readouterr().err


def test_mistakes_are_one_line_and_write_nothing(
    quickstart: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes").touch()
    for words, message in {
        ("--files", "empty"): "empty has no markers.tsv and as FASTA none; expected",
        ("--models", "cnn9"): 'Did you mean "cnn7"',
        ("--minutes", "0"): "--minutes is 0",
        ("--out", "other"): "other exists and is no quickstart; name another --out",
    }.items():
        assert quickstart(*words) == 2
        assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "first").exists()


def test_a_file_that_no_server_has_is_named(
    quickstart: Run, starter: tuple[str, Server], capsys: pytest.CaptureFixture[str]
) -> None:
    sources, server = starter
    del server.files["/CTCF.bed.gz"]
    assert quickstart("--sources", sources) == 2
    assert "peaks/CTCF.bed.gz could not be fetched: " in capsys.readouterr().err
    assert not Path("first/data").exists()
