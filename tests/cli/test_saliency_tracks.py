"""`regtrack saliency-tracks` from the outside: files, output and refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
import torch

from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.cli import main
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.models.registry import build_model
from regtrack.predict.scores import scores
from regtrack.sweep import chunks
from tests.sweep.toys import random_codes, write_fasta

from .usual import usual

Run = Callable[..., tuple[int, str, str]]
CODES = {"chr1": random_codes(5_000, 0, [(0, 5)]), "chr2": random_codes(3_000, 1)}
FILES = [
    f"cnn7.{name}.{end}.bw" for name in ("A_D", "K562_CTCF") for end in ("saliency", "saliency-abs")
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder with a checkpoint of two markers and a reference."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunks, "CHUNK", 1_000)
    write_fasta(Path("r.fa"), CODES)
    torch.manual_seed(0)
    markers = (Marker("K562_CTCF", "TF", "K562", "CTCF"), Marker("A_D", "DNase", "A", "DNase"))
    assembly = Assembly(tuple(CODES), tuple(map(len, CODES.values())))
    model = build_model("cnn7", 2, channels=[6, 8, 5], hidden=7)
    save_checkpoint("c.safetensors", Checkpoint(model, markers, assembly, 1_000, {}))

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["regtrack", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return call


def tracks(out: str, *options: str) -> list[str]:
    return [
        "saliency-tracks", "c.safetensors", "--reference", "r.fa", "--out", out,
        *usual(options, "--window", "500", "--batch-size", "2", "--device", "cpu"),
    ]  # fmt: skip


def content(out: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(out).glob("*.bw")}


def values(out: str, file: str, chrom: str = "chr1") -> np.ndarray:
    with pyBigWig.open(f"{out}/{file}") as opened:
        return np.array(opened.values(chrom, 0, len(CODES[chrom])))


def test_the_forecast_is_printed_and_two_tracks_per_marker_are_written(run: Run) -> None:
    code, out, err = run(*tracks("t", "--chroms", "chr1"))
    assert code == 0
    assert out.startswith("t: 4 files, 5 kb each, 7 bits kept")
    assert "bases with a value 4,995, N 5" in out
    assert "Computing: 100%" in err
    assert sorted(content("t")) == sorted(FILES)
    signed, absolute = values("t", FILES[2]), values("t", FILES[3])
    np.testing.assert_array_equal(absolute, np.abs(signed))
    assert np.nanmin(signed) < 0 < np.nanmax(signed)


def test_options_select_markers_and_bases(run: Run) -> None:
    Path("some.bed").write_text("chr1\t1000\t1500\n")
    Path("no.bed").write_text("chr1\t1200\t1300\n")
    code, out, _ = run(
        *tracks("t", "--regions", "some.bed", "--exclude", "no.bed", "--markers", "*CTCF", "--json")
    )
    summary = json.loads(out)
    assert (code, summary["bases"]) == (0, 400)
    assert [track["values"] for track in summary["tracks"]] == ["saliency", "absolute saliency"]
    present = np.flatnonzero(np.isfinite(values("t", FILES[2])))
    np.testing.assert_array_equal(present, [*range(1_000, 1_200), *range(1_300, 1_500)])
    assert run(*tracks("r", "--region", "chr1:1,001-1,500", "--keep-bits", "23"))[0] == 0
    close = values("r", FILES[2])[present]
    np.testing.assert_allclose(values("t", FILES[2])[present], close, rtol=2**-7)


def test_shares_are_computed_separately_and_assembled(run: Run) -> None:
    assert run(*tracks("whole"))[0] == 0
    for number in (2, 1, 3):
        code, out, _ = run(*tracks("apart", "--shard", f"{number}/3"))
        assert code == 0
    assert "all shards are done; run: regtrack assemble" in out
    assert run("assemble", "apart")[0] == 0
    assert content("apart") == content("whole")
    record = json.loads(Path("apart/sweep.json").read_text())
    assert [track["values"] for track in record["tracks"]] == ["saliency", "absolute saliency"] * 2


def test_a_dry_run_writes_nothing_and_another_threshold_is_another_plan(run: Run) -> None:
    code, out, _ = run(*tracks("t", "--dry-run", "--json"))
    forecast = json.loads(out)
    of_scores = json.loads(run("predict-genome", *tracks("t", "--dry-run", "--json")[1:])[1])
    assert (code, forecast["flank"]) == (0, 2 * of_scores["flank"])
    assert sorted(forecast["files"]) == sorted(FILES)
    assert not Path("t").exists()
    assert run(*tracks("t", "--shard", "1/2"))[0] == 0
    code, _, err = run(*tracks("t", "--shard", "2/2", "--threshold", "0.5"))
    assert code == 2
    told = 'values was "gradient-x-input of all outputs" and is "gradient-x-input of scores from'
    assert told in " ".join(err.split())


def test_bf16_is_close_to_fp32(run: Run) -> None:
    for precision in ("fp32", "bf16"):
        assert run(*tracks(precision, "--precision", precision, "--keep-bits", "23"))[0] == 0
    for file in FILES:
        exact, quick = values("fp32", file), values("bf16", file)
        np.testing.assert_array_equal(np.isnan(quick), np.isnan(exact))
        present = ~np.isnan(exact)
        assert not np.array_equal(quick[present], exact[present])
        assert np.corrcoef(quick[present], exact[present])[0, 1] > 0.97
    record = json.loads(Path("bf16/sweep.json").read_text())
    assert record["precision"] == "bf16"


def test_means_of_several_bases(run: Run) -> None:
    assert run(*tracks("fine", "--keep-bits", "23"))[0] == 0
    assert run(*tracks("coarse", "--keep-bits", "23", "--resolution", "10"))[0] == 0
    fine, coarse = values("fine", FILES[0], "chr2"), values("coarse", FILES[0], "chr2")
    np.testing.assert_allclose(coarse[::10], fine.reshape(-1, 10).mean(1), atol=1e-7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--threshold", "1"], "--threshold is 1; expected a score from 0 to below 1"),
        (["--markers", "CTFC"], 'no marker matches "CTFC"'),
        (["--chroms", ""], "--chroms is empty"),
        (["--chroms", "chr1", "--region", "chr2"], "--chroms and --region cannot be combined"),
        (["--precision", "fp16"], '--precision is "fp16"; expected fp32 or bf16'),
        (["--flank", "260"], "--flank is 260 bp, which would leave seams; expected 520 bp or more"),
        (["--dask-scheduler", "a", "--dask-scheduler-file", "b"], "not both"),
    ],
)
def test_a_mistake_is_reported_in_one_line(run: Run, options: list[str], message: str) -> None:
    code, out, err = run(*tracks("t", *options))
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not Path("t").exists()


def test_a_threshold_that_no_score_reaches_is_told_with_the_highest_scores(run: Run) -> None:
    found = {name: scores("c.safetensors", "r.fa", name) for name in CODES}
    highest = [max(float(np.nanmax(one.values[row])) for one in found.values()) for row in range(2)]
    names = found["chr1"].markers
    between = f"{sum(highest) / 2:.6f}"  # one marker reaches it
    low = int(np.argmin(highest))
    for threshold, unreached in (("0.999", [0, 1]), (between, [low])):
        code, _, err = run(*tracks("t", "--threshold", threshold, "--overwrite"))
        assert code == 0
        shown = ", ".join(f"{names[row]} (highest score {highest[row]:.3g})" for row in unreached)
        said = f"the tracks of {len(unreached)} of 2 markers are 0 everywhere, since no score "
        assert f"{said}reaches the --threshold of {float(threshold):g}: {shown}\n" in err
    assert "are 0 everywhere" not in run(*tracks("all"))[2]


def test_shards_with_a_threshold_that_no_score_reaches(run: Run) -> None:
    for share in ("1/2", "2/2"):
        assert run(*tracks("t", "--threshold", "0.999", "--shard", share))[0] == 0
    code, _, err = run("assemble", "t")
    assert code == 0
    assert "of 2 of 2 markers are 0 everywhere, since no score reaches the threshold: K562" in err


def test_an_existing_output_is_kept(run: Run) -> None:
    assert run(*tracks("t", "--chroms", "chr2"))[0] == 0
    before = content("t")
    code, _, err = run(*tracks("t"))
    assert code == 2
    assert "pass --overwrite" in err
    assert content("t") == before
    assert run(*tracks("t", "--overwrite"))[0] == 0
    assert content("t") != before


def test_another_assembly_is_accepted_on_request(run: Run) -> None:
    write_fasta(Path("r.fa"), {"chr1": CODES["chr1"][:2_000]})
    code, _, err = run(*tracks("t"))
    assert code == 2
    assert "c.safetensors is for another assembly" in err
    assert run(*tracks("t", "--any-assembly"))[0] == 0
