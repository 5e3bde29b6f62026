"""`regtrack predict-genome` from the outside: what is printed, exit codes, and Ctrl-C."""

from __future__ import annotations

import json
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from forked import begin_python

from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.cli import main
from regtrack.genome.assembly import Assembly
from regtrack.hub.check.run import check_hub
from regtrack.labels.marker import Marker
from regtrack.models.registry import build_model

from .usual import usual

Run = Callable[..., tuple[int, str, str]]

APART = ("--window", "1000", "--batch-size", "1")  # with small chunks, one for each chromosome


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a checkpoint of two markers and a reference of two chromosomes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("regtrack.sweep.chunks.CHUNK", 5_000)
    bases = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(0).integers(0, 4, 6_000)]
    text = bases.tobytes().decode()
    Path("r.fa").write_text(f">chr1\nNNNNN{text[:4995]}\n>chr2\n{text[:1000]}\n")
    torch.manual_seed(0)
    markers = (Marker("K562_CTCF", "TF", "K562", "CTCF"), Marker("A_D", "DNase", "A", "DNase"))
    assembly = Assembly(("chr1", "chr2"), (5_000, 1_000))
    model = build_model("cnn3", 2, channels=[6, 8, 5], hidden=7)
    save_checkpoint("c.safetensors", Checkpoint(model, markers, assembly, 1_000, {}))
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in that folder."""

    def call(*options: str) -> tuple[int, str, str]:
        words = usual(options, "--reference", "r.fa", "--out", "tracks")
        monkeypatch.setattr("sys.argv", ["regtrack", "predict-genome", "c.safetensors", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return call


def test_a_hub_is_written_with_the_tracks(run: Run) -> None:
    code, out, _ = run("--hub", "--chroms", "chr2")
    assert code == 0
    assert out.splitlines()[-1] == "How to open it in genome browsers: tracks/index.html"
    text = Path("tracks/hub.txt").read_text()
    # no browser knows this assembly, so its sequence comes along
    assert "genome r\ntwoBitPath genome.2bit\n" in text
    assert "defaultPos chr2:1-1000\n" in text
    assert text.count("bigDataUrl cnn3.") == 2
    assert check_hub("tracks").problems == []
    code, _, err = run("--hub", "--shard", "1/2")
    assert code == 2
    assert "run regtrack hub when regtrack assemble has joined the shares" in " ".join(err.split())


def test_the_forecast_and_the_summary_are_printed(run: Run) -> None:
    code, out, err = run(*APART)
    assert code == 0
    forecast, windows, chunks = out.splitlines()[:3]
    assert forecast.startswith("tracks: 2 files, 6 kb each, 7 bits kept, at most ")
    # on a busy machine the plan may add how much of the second goes into storing
    assert re.match(r"2 chunks, about 1 s(, \d+% of it to store values,)? and ", chunks)
    assert windows.startswith("6 windows of 1,000 bp, 1 at once, flank ")
    assert "fp32 on cpu" in windows
    assert "cnn3.K562_CTCF.bw" in out
    assert "bases with a value 5,995, N 5" in out
    assert re.search(r" in \d\.\d s \([\d.]+ [kM]bp/s\)\n$", out)
    assert "Computing: 100%" in err
    assert sorted(p.name for p in Path("tracks").iterdir()) == [
        "cnn3.A_D.bw", "cnn3.K562_CTCF.bw", "sweep.json",
    ]  # fmt: skip


def test_the_plan_says_if_storing_values_takes_much_of_the_time(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regtrack.sweep.job.speed", lambda *_: 1e12)
    code, out, _ = run("--dry-run", *APART)
    assert code == 0
    assert re.search(r"about 1 s, \d\d% of it to store values, and ", out)


def test_brackets_of_the_output_are_kept(run: Run) -> None:
    code, out, _ = run("--out", "mk/a[/b]")
    assert code == 0
    assert out.splitlines()[0].startswith("mk/a[/b]: 2 files")
    assert "mk/a[/b]: bases with a value" in out
    code, out, _ = run("--out", "mk/run[v2]", "--shard", "1/1", *APART)
    assert "mk/run[v2].partial: 2 chunks of this share" in out


def test_json_is_alone_on_stdout(run: Run) -> None:
    code, out, _ = run("--json", "--markers", "*ctcf,category:none", "--chroms", "2")
    assert (code, out) == (2, "")
    code, out, _ = run("--json", "--markers", "*ctcf", "--chroms", "2")
    found = json.loads(out)
    assert (code, found["bases"], found["absent"]) == (0, 1_000, 0)
    assert [track["marker"] for track in found["tracks"]] == ["K562_CTCF"]


def test_options_reach_the_sweep(run: Run, folder: Path) -> None:
    Path("x.bed").write_text("chr1\t0\t1000\n")
    code, _, _ = run(
        "--exclude", "x.bed", "--window", "500", "--flank", "200", "--batch-size", "3",
        "--precision", "bf16", "--device", "cpu", "--reverse-complement",
    )  # fmt: skip
    record = json.loads(Path("tracks/sweep.json").read_text())
    assert code == 0
    assert record["precision"] == "bf16"
    assert record["exclude"]["path"] == "x.bed"
    expected = {"window": 500, "flank": 200, "batch_size": 3, "both_strands": True, "bases": 5000}
    assert expected.items() <= record["plan"].items()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--window", "999"], "--window is 999 bp; expected a multiple of"),
        (["--flank", "0"], "would leave seams"),
        (["--chroms", "chr1", "--regions", "r.bed"], "--chroms and --regions cannot be combined"),
        (["--markers", "CTFC"], "no marker matches"),
        (["--markers", ""], "--markers is empty"),
        (["--chroms", ""], "--chroms is empty"),
        (["--shard", ""], "--shard is empty; name something, or omit the option"),
        (["--region", ""], "--region is empty"),
        (["--dask-scheduler", ""], "--dask-scheduler is empty"),
        (["--dask-scheduler", "a", "--dask-scheduler-file", "b"], "not both"),
        (["--dry-run", "--shard", "9/2"], '--shard is "9/2"; expected I/N'),
    ],
)
def test_a_mistake_is_reported_in_one_line(run: Run, options: list[str], message: str) -> None:
    code, out, err = run(*options)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert not list(Path().glob("*tracks*"))


def test_an_existing_output_is_kept(run: Run) -> None:
    Path("tracks").mkdir()
    Path("tracks/mine.txt").write_text("mine")
    code, _, err = run()
    assert code == 2
    assert "exists already" in err
    assert Path("tracks/mine.txt").exists()
    code, _, err = run("--overwrite")
    assert code == 2
    assert "holds other files" in err
    Path("tracks/mine.txt").rename("mine.txt")
    assert run()[0] == 0
    Path("tracks/mine.txt").write_text("mine")
    code, _, err = run("--overwrite")
    assert code == 2
    assert 'tracks holds "mine.txt", not written with sweep.json; move it away' in err
    assert Path("tracks/mine.txt").read_text() == "mine"
    Path("tracks/mine.txt").unlink()
    assert run("--overwrite")[0] == 0


def test_a_dry_run_prints_the_forecast_and_writes_nothing(run: Run, folder: Path) -> None:
    before = {path.name for path in folder.iterdir()} | {"r.fa.fai"}
    code, out, _ = run("--dry-run", "--resolution", "10", "--keep-bits", "10")
    assert code == 0
    assert "10 bits kept, means of 10 bp" in out
    code, out, _ = run("--dry-run", "--json", *APART)
    assert json.loads(out)["chunks"] == 2
    assert {path.name for path in folder.iterdir()} == before


def test_shares_are_computed_separately_and_assembled(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*APART)[0] == 0
    expected = {path.name: path.read_bytes() for path in Path("tracks").iterdir()}
    shutil.rmtree("tracks")
    code, out, _ = run("--shard", "1/2", *APART)
    assert code == 0
    assert "1 chunk of this share, 1 computed now" in out
    assert "1 chunk of other shares still missing" in out
    code, out, err = run("--shard", "1/2", *APART)
    assert "1 chunk of this share, 0 computed now" in out
    assert "Computing" not in err

    def assemble(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["regtrack", "assemble", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    code, _, err = assemble("tracks")
    assert code == 2
    assert "1 of 2 shards are missing or broken in tracks.partial: 1 (chr2:1-1,000)" in err
    code, out, _ = run("--shard", "2/2", "--json", *APART)
    assert json.loads(out)["left"] == 0
    code, out, _ = assemble("tracks.partial")
    assert code == 0
    assert "bases with a value 5,995, N 5" in out
    assert "Mbp/s" not in out  # of what other processes predicted
    assert {path.name: path.read_bytes() for path in Path("tracks").iterdir()} == expected
    assert not Path("tracks.partial").exists()
    code, _, err = assemble("tracks")
    assert code == 2
    assert "tracks is complete, with its sweep.json; there is nothing to join" in err


# the command, with so small chunks that the first one is there at once
IN_SMALL_CHUNKS = """
import regtrack.sweep.chunks
from regtrack.cli import main
regtrack.sweep.chunks.CHUNK = 100_000
main()
"""


@pytest.mark.parametrize(
    ("stop", "times"), [(signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGINT, 10)]
)
def test_a_signal_is_one_line_and_the_same_command_resumes(
    folder: Path, stop: signal.Signals, times: int
) -> None:
    Path("long.fa").write_text(">chr1\n" + ("ACGT" * 15 + "\n") * 100_000)
    process = begin_python(
        IN_SMALL_CHUNKS, "predict-genome", "c.safetensors", "--reference", "long.fa",
        "--out", "tracks", "--any-assembly", "--window", "10000", "--batch-size", "1",
    )  # fmt: skip
    try:
        for _ in range(2_400):
            if list(folder.glob("tracks.partial/shards/*.shard")) or process.poll() is not None:
                break
            time.sleep(0.05)
        for _ in range(times):
            process.send_signal(stop)
            time.sleep(0.02)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 128 + stop
    assert "Traceback" not in err
    last = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}[stop]
    assert f"error: {last}" in err
    assert "chunks are kept in tracks.partial; run the same command again to resume" in err
    assert not Path("tracks").exists()


def test_another_plan_is_refused_by_name(run: Run) -> None:
    assert run("--shard", "1/2")[0] == 0
    code, _, err = run("--window", "500", "--keep-bits", "9")
    assert code == 2
    assert "plan.window was 25000 and is 500" in err
    assert "keep_bits was 7 and is 9" in err
    assert "--overwrite" in err
    assert run("--window", "500", "--overwrite")[0] == 0
    assert json.loads(Path("tracks/sweep.json").read_text())["plan"]["window"] == 500
    assert not Path("tracks.partial").exists()


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_no_scheduler(run: Run, options: list[str]) -> None:
    pytest.importorskip("distributed")
    code, _, err = run("--dask-scheduler-file", "none.json", *options)
    assert code == 2
    assert "none.json is not a Dask scheduler file" in err


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_what_no_bigwig_can_hold_is_said_before_anything_is_computed(
    run: Run, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regtrack.tracks.bigwig.limits.LAST_BASE", 4_999)
    code, out, err = run(*options)
    assert (code, out) == (2, "")
    assert "chromosome chr1 of 5,000 bp does not fit into a bigWig" in err
    assert not list(Path().glob("tracks*"))


OWN = """
import torch
import regtrack


def make(crop=5):
    torch.manual_seed(0)
    module = torch.nn.Conv1d(4, 1, 11)
    return regtrack.as_network(module, "site", name="own", crop=crop, activation="sigmoid")
"""


def test_a_network_of_the_users_own_is_named_by_its_function(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("own_sites.py").write_text(OWN)

    def call(*options: str) -> tuple[int, str, str]:
        words = usual(options, "--reference", "r.fa", "--out", "tracks")
        monkeypatch.setattr("sys.argv", ["regtrack", "predict-genome", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    own = ("--network", "own_sites:make")
    for options, problem in (
        ((), "found neither of CHECKPOINT and --network; expected one of them"),
        (("c.safetensors", *own), "found both of CHECKPOINT and --network"),
        (("c.safetensors", "--network-set", "crop=5"), "--network-set is for --network"),
        ((*own, "--network-set", "crop"), "is no setting of a network"),
        ((*own, "--network-set", "crop=4"), "own gives a tensor of shape (2, 1, "),
        (("--network", "own_sites:mak"), 'own_sites has no function mak. Did you mean "make"?'),
        ((*own, "--logits"), "--logits was requested, but own gives scores; omit the option"),
    ):
        code, out, err = call(*options)
        assert (code, out) == (2, "")
        assert problem in " ".join(err.split())
    code, out, err = call(*own, "--network-set", "crop=5", "--chroms", "chr2")
    assert code == 0, err
    assert "centre seams" in out
    assert sorted(p.name for p in Path("tracks").iterdir()) == ["own.site.bw", "sweep.json"]
    record = json.loads(Path("tracks/sweep.json").read_text())["checkpoint"]
    assert (record["function"], record["settings"]) == ("own_sites:make", {"crop": 5})
