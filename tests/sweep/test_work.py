"""The work folder of a sweep and what it may replace: inputs, other folders, links, shares."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from regtrack.checkpoint import save_checkpoint
from regtrack.errors import OutputError, PlanError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.sweep import chunks
from regtrack.sweep.assemble import assemble_genome
from regtrack.sweep.record import differences
from regtrack.sweep.request import Compute, SweepRequest
from regtrack.sweep.run import forecast_sweep, predict_genome, run_share

from .toys import as_checkpoint, grouped, random_codes, small_model, write_fasta

CODES = {"chr1": random_codes(2_300)}
ASSEMBLY = Assembly(tuple(CODES), tuple(map(len, CODES.values())))
REQUEST = SweepRequest(
    Path("c.safetensors"), Path("r.fa"), Path("tracks"), compute=Compute(window=250, batch_size=2)
)
OPTIONS: dict[str, Any] = {"window": 250, "batch_size": 2}
CHUNKS = 5
FILES = {"cnn1.K562_TF.bw", "cnn1.K562_histone.bw", "cnn1.K562_DNase.bw", "sweep.json"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a checkpoint and a reference of five chunks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunks, "CHUNK", 500)
    write_fasta(Path("r.fa"), CODES)
    save_checkpoint("c.safetensors", as_checkpoint(small_model("cnn1").float(), ASSEMBLY))
    return tmp_path


def files(path: str | Path) -> set[str]:
    return {file.name for file in Path(path).iterdir()}


def test_no_input_is_replaced() -> None:
    names = ("c.safetensors", "r.fa", "regions.bed", "exclude.bed")
    Path("regions.bed").write_text("chr1\t0\t900\n")
    Path("exclude.bed").write_text("chr1\t0\t100\n")
    held = Path("held")
    held.mkdir()
    (held / "sweep.json").write_text("{}")
    for name in names:
        for out in (Path(name), held):
            (held / name).write_bytes(Path(name).read_bytes())
            paths = {one: held / one if one == name and out == held else one for one in names}
            with pytest.raises(OutputError, match=f"(is|holds) .*{name}, an input"):
                predict_genome(
                    paths["c.safetensors"],
                    paths["r.fa"],
                    out,
                    overwrite=True,
                    **grouped(
                        regions=paths["regions.bed"], exclude=paths["exclude.bed"], **OPTIONS
                    ),
                )
            assert (held / name).read_bytes() == Path(name).read_bytes()
            (held / name).unlink()


def test_assembling_replaces_no_input() -> None:
    Path("tracks").mkdir()
    Path("r.fa").rename("tracks/r.fa")
    run_share(replace(REQUEST, reference=Path("tracks/r.fa"), out=Path("other")), "1/1")
    Path("other.partial").rename("tracks.partial")
    for overwrite in (False, True):
        with pytest.raises(OutputError, match=r"tracks holds tracks/r\.fa, an input"):
            assemble_genome("tracks", overwrite=overwrite)
    assert "r.fa" in files("tracks")


def test_a_foreign_folder_is_kept() -> None:
    Path("foreign/sub").mkdir(parents=True)
    Path("foreign/sub/thesis.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(OutputError, match="holds other files"):
            predict_genome("c.safetensors", "r.fa", "foreign", overwrite=overwrite)
    assert Path("foreign/sub/thesis.txt").read_text() == "mine"


def test_a_work_folder_is_refused_as_output() -> None:
    run_share(REQUEST, "1/2")
    with pytest.raises(OutputError, match="reserved for work folders"):
        predict_genome("c.safetensors", "r.fa", "tracks.partial", overwrite=True)
    assert "shards" in files("tracks.partial")


def test_a_link_is_followed_and_its_target_replaced(folder: Path) -> None:
    Path("disk/real").mkdir(parents=True)
    Path("link").symlink_to("disk/real")
    linked = replace(REQUEST, out=Path("link"))
    run_share(linked, "1/1")
    assert files("disk") == {"real", "real.partial"}
    assert assemble_genome("link").out == folder / "disk/real"
    for _ in range(2):
        assert Path("link").is_symlink()
        assert files("disk") == {"real"}
        assert files("link") == FILES
        predict_genome("c.safetensors", "r.fa", "link", overwrite=True, **grouped(**OPTIONS))


def test_names_are_checked_before_the_work() -> None:
    limit = os.pathconf(".", "PC_NAME_MAX")
    with pytest.raises(OutputError, match="the name is too long"):
        forecast_sweep(replace(REQUEST, out=Path("x" * (limit - 25))))
    predict_genome("c.safetensors", "r.fa", "x" * (limit - 26), **grouped(**OPTIONS))
    checkpoint = as_checkpoint(small_model("cnn1"), ASSEMBLY)
    long = replace(checkpoint.markers[1], name="x" * 235)
    checkpoint = replace(checkpoint, markers=(checkpoint.markers[0], long, checkpoint.markers[2]))
    with pytest.raises(OutputError, match=r'is too long .*; omit the marker "xxx'):
        predict_genome(checkpoint, "r.fa", "tracks", **grouped(**OPTIONS))
    assert not Path("tracks.partial").exists()


def test_the_forecast_refuses_a_folder_that_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refusing(*_: object, **__: object) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    before = files(".") | {"r.fa.fai"}
    forecast_sweep(REQUEST)
    assert files(".") == before
    monkeypatch.setattr("tempfile.TemporaryFile", refusing)
    with pytest.raises(OutputError, match="no permission to write there"):
        forecast_sweep(REQUEST)


def test_a_broken_plan_is_reported_with_a_remedy() -> None:
    run_share(REQUEST, "1/2")
    Path("tracks.partial/sweep.json").write_text("{}")
    with pytest.raises(
        PlanError, match=r"broken; pass `overwrite=True` to start over, or .* another"
    ):
        predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))
    predict_genome("c.safetensors", "r.fa", "tracks", overwrite=True, **grouped(**OPTIONS))
    assert files("tracks") == FILES


def test_assembling_says_what_is_wrong_with_the_folder() -> None:
    def refusal() -> str:
        with pytest.raises((OutputError, PlanError)) as caught:
            assemble_genome("tracks")
        return str(caught.value)

    assert refusal().startswith("tracks does not exist, and there is no tracks.partial; give")
    Path("tracks").mkdir()
    assert refusal().startswith("tracks is no sweep, and there is no tracks.partial")
    Path("tracks.partial").mkdir()
    assert "tracks.partial is not the work folder of a sweep, since it has no" in refusal()
    Path("tracks.partial").rmdir()
    run_share(REQUEST, "1/1")
    plan = Path("tracks.partial/sweep.json")
    found = json.loads(plan.read_text())
    older = found["record"] | {"format": 1, "versions": {"regtrack": "0.0.7"}}
    plan.write_text(json.dumps({"record": older}))
    assert "since it was begun by an earlier version of regtrack (0.0.7), whose" in refusal()
    with pytest.raises(PlanError, match="cannot resume, since it was begun by an earlier version"):
        run_share(REQUEST, "1/1")
    plan.write_text("{}")
    assert "sweep.json is broken, so the shards cannot be joined; start over" in refusal()
    plan.write_text(json.dumps(found))
    assemble_genome("tracks")
    assert "tracks is complete, with its sweep.json; there is nothing to join" in refusal()


def test_shards_are_reported_complete_only_after_reading_them() -> None:
    run_share(REQUEST, "1/2")
    shards = sorted(Path("tracks.partial/shards").iterdir())
    os.truncate(shards[0], 100)
    last = run_share(REQUEST, "2/2")
    assert (last.left, last.broken) == (0, 1)
    with pytest.raises(PlanError, match=f"1 of {CHUNKS} shards are missing or broken"):
        assemble_genome("tracks")
    first = run_share(REQUEST, "1/2")
    assert (first.made, first.left, first.broken) == (1, 0, 0)
    assemble_genome("tracks")


def test_a_failure_before_the_first_shard_leaves_nothing(caplog: pytest.LogCaptureFixture) -> None:
    model = small_model("cnn1").float()
    with torch.no_grad():
        for weights in model.parameters():
            weights.fill_(float("nan"))
    checkpoint = as_checkpoint(model, ASSEMBLY)
    for run in (
        lambda: predict_genome(checkpoint, "r.fa", "tracks", **grouped(**OPTIONS)),
        lambda: run_share(replace(REQUEST, checkpoint=checkpoint), "2/2"),
    ):
        with pytest.raises(TrackError, match="gives NaN"):
            run()
        assert files(".") == {"c.safetensors", "r.fa", "r.fa.fai"}
    assert caplog.text == ""


def failing_share(monkeypatch: pytest.MonkeyPatch, meanwhile: Any) -> None:
    """A share that fails before its first shard, after something else was done."""

    def failing(*_: object) -> None:
        meanwhile()
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr("regtrack.sweep.engine.write_shard", failing)
        with pytest.raises(OSError, match="Input/output error"):
            run_share(REQUEST, "1/2")


def test_a_failing_share_keeps_the_work_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []

    def other_fails() -> None:
        failing_share(monkeypatch, lambda: None)
        kept.append(Path("tracks.partial").exists())

    failing_share(monkeypatch, other_fails)
    assert kept[0]
    assert not Path("tracks.partial").exists()


def test_without_locks_the_folder_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr("fcntl.flock", no_locks)
    failing_share(monkeypatch, lambda: None)
    assert Path("tracks.partial/sweep.json").exists()


def test_differences_of_many_names_are_cut() -> None:
    before, now = ({"plan": {"chroms": [f"ctg{n}" for n in range(count)]}} for count in (9_999, 9))
    (found,) = differences(before, now)
    assert found.startswith('plan.chroms was ["ctg0", ') and len(found) < 300
