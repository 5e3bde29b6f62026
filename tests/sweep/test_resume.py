"""Whatever stops a sweep, the same command resumes and yields byte-identical files."""

from __future__ import annotations

import errno
import itertools
import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import forked
import numpy as np
import pytest
import small_sweeps
import torch
from forked import Forked

from regtrack.atomic import publish_folder, replace_folder
from regtrack.checkpoint import save_checkpoint
from regtrack.errors import ChangedError, FastaError, OutputError, PlanError
from regtrack.files.records import to_text
from regtrack.genome.assembly import Assembly
from regtrack.genome.reference import Reference
from regtrack.sweep import chunks, shard
from regtrack.sweep.assemble import assemble_genome
from regtrack.sweep.plan_file import earlier_choices
from regtrack.sweep.request import Compute, Storage, SweepRequest
from regtrack.sweep.run import forecast_sweep, predict_genome, run_share

from .toys import CATEGORIES, as_checkpoint, grouped, random_codes, small_model, write_fasta

CODES = {"chr2": random_codes(9_007, 0, [(2_000, 3_111)]), "chr10": random_codes(4_403, 1)}
ASSEMBLY = Assembly(tuple(CODES), tuple(map(len, CODES.values())))
OPTIONS: dict[str, Any] = {"window": 250, "batch_size": 2}
forked.preload("small_sweeps")

MARKERS = [f"K562_{kind}" for kind in CATEGORIES]
CHUNKS = 19 + 9  # of 500 bp


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 500)
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with inputs, and with `undisturbed` as it should be."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(chunks, "CHUNK", 500)
        write_fasta(Path("r.fa"), CODES)
        save_checkpoint("c.safetensors", as_checkpoint(small_model("dilated").float(), ASSEMBLY))
        predict_genome("c.safetensors", "r.fa", "undisturbed", **grouped(**OPTIONS))
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own copy of that folder, the current one."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def go_on(**options: Any) -> None:
    """Run to the end, and find the files of an undisturbed run and nothing else."""
    predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS | options))
    assert_as_undisturbed()


def assert_as_undisturbed() -> None:
    expected = {path.name: path.read_bytes() for path in Path("undisturbed").iterdir()}
    assert {path.name: path.read_bytes() for path in Path("tracks").iterdir()} == expected
    names = {"r.fa", "r.fa.fai", "c.safetensors", "undisturbed", "tracks"}
    assert {path.name for path in Path().iterdir()} == names


def shards() -> list[Path]:
    return sorted(Path("tracks.partial/shards").glob("*.shard"))


def moments(draw: random.Random, seconds: float) -> Iterator[tuple[int, float]]:
    """Any moment from the start, in turn with one soon after a chunk: shards, and then seconds."""
    while True:
        yield 0, draw.uniform(0, seconds)
        yield draw.randint(min(len(shards()), CHUNKS - 1), CHUNKS - 1), draw.uniform(0, 0.01)


def stop_sweep(number: int, count: int, wait: float) -> None:
    """Begin a sweep, and stop it some seconds after it has so many shards."""
    sweep = Forked(small_sweeps.sweep, "c.safetensors", "r.fa", "tracks", grouped(**OPTIONS))
    while sweep.poll() is None and len(shards()) < count:
        time.sleep(0.001)
    time.sleep(wait)
    sweep.send_signal(number)
    sweep.wait()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "times"), [("SIGKILL", 10), ("SIGTERM", 4), ("SIGINT", 4)])
def test_stopped_at_random_moments(folder: Path, name: str, times: int) -> None:
    draw = random.Random(3)
    begin = time.perf_counter()
    predict_genome("c.safetensors", "r.fa", "again", **grouped(**OPTIONS))
    seconds = time.perf_counter() - begin
    shutil.rmtree("again")
    kept: list[int] = []
    for count, wait in itertools.islice(moments(draw, seconds), times):
        if Path("tracks").exists():  # it was quicker than the kill, or was tidying up
            for left in Path().glob("*tracks.partial*"):
                assert not list(left.glob("shards/*"))
                shutil.rmtree(left)
            assert_as_undisturbed()
            shutil.rmtree("tracks")
        stop_sweep(signal.Signals[name], count, wait)
        kept.append(len(shards()))
    assert any(0 < count < CHUNKS for count in kept)
    if not Path("tracks").exists():
        predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))
    assert_as_undisturbed()


class StopError(Exception):
    """What ends a sweep in the middle here."""


def stop_after(monkeypatch: pytest.MonkeyPatch, count: int, error: BaseException) -> None:
    """Let the `count`-th shard not be written."""
    write, calls = shard.write_shard, []

    def failing(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) > count:
            raise error
        write(*arguments)

    monkeypatch.setattr("regtrack.sweep.engine.write_shard", failing)


def stopped(monkeypatch: pytest.MonkeyPatch, count: int = 5) -> None:
    with monkeypatch.context() as patch:
        stop_after(patch, count, StopError())
        with pytest.raises(StopError):
            predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))


def test_existing_shards_are_not_computed_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(monkeypatch)
    before = {path: path.stat().st_mtime_ns for path in shards()}
    assert len(before) == 5
    stopped(monkeypatch, 2)
    assert len(shards()) == 7
    assert {path: path.stat().st_mtime_ns for path in before} == before
    go_on()


def test_a_speed_is_that_of_one_run_or_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(monkeypatch)
    rest = predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))
    whole = predict_genome("c.safetensors", "r.fa", "whole", **grouped(**OPTIONS))
    assert 0 < rest.predicted < whole.predicted == ASSEMBLY.total
    assert rest.speed is None
    assert whole.speed == ASSEMBLY.total / whole.seconds


def test_the_forecast_covers_only_missing_chunks(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SweepRequest(
        Path("c.safetensors"), Path("r.fa"), Path("tracks"), **grouped(**OPTIONS)
    )
    whole, share = forecast_sweep(request), forecast_sweep(request, "2/4")
    assert (whole.chunks, whole.chunks_left) == (CHUNKS, CHUNKS)
    assert (share.chunks, share.chunks_left) == (CHUNKS, CHUNKS // 4)
    run_share(request, "2/4")
    assert forecast_sweep(request).chunks_left == CHUNKS - CHUNKS // 4
    done = forecast_sweep(request, "2/4")
    assert (done.chunks_left, done.seconds) == (0, 0)
    other = replace(request, storage=Storage(keep_bits=9))
    with pytest.raises(PlanError, match="keep_bits"):
        forecast_sweep(other)
    assert forecast_sweep(other, overwrite=True).chunks_left == CHUNKS


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "swap", "head"])
def test_a_broken_shard_is_computed_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    stopped(monkeypatch)
    path, other = shards()[2:4]
    data = bytearray(path.read_bytes())
    if harm == "flip":
        data[len(data) * 3 // 4] ^= 1
    elif harm == "head":
        data[30] ^= 1
    broken = {"cut": data[:-1], "empty": b"", "swap": other.read_bytes()}.get(harm, data)
    path.write_bytes(bytes(broken))
    go_on()


def test_shards_of_an_earlier_version_are_computed_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose bins of the first zoom level were narrower."""
    with monkeypatch.context() as patch:
        patch.setattr(shard, "_MAGIC", b"RTSHARD4")
        patch.setattr("regtrack.tracks.bigwig.encode.first_reduction", lambda width: 32 * width)
        stopped(monkeypatch)
    assert len(shards()) == 5
    go_on()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (OSError(errno.ENOENT, "No such file"), "its folder has vanished"),
    ],
)
def test_a_failing_disk_is_reported_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, message: str
) -> None:
    replace, calls = Path.replace, []

    def failing(self: Path, target: Path) -> Path:
        if self.suffix == ".partial" and ".shard" in self.name:
            calls.append(1)
            if len(calls) == 4:
                raise error
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", failing)
        with pytest.raises(OutputError, match=message):
            predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))
    left = {path.suffix for path in Path("tracks.partial/shards").iterdir()}
    assert left == {".shard"}
    assert 3 <= len(shards()) < CHUNKS
    go_on()


def test_a_removed_work_folder_is_reported_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, calls = shard.write_shard, []

    def vanishing(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 3:  # in one step, as the other thread may be writing there
            Path("tracks.partial").rename("elsewhere")
        write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr("regtrack.sweep.engine.write_shard", vanishing)
        with pytest.raises(OutputError, match="its folder has vanished; run again"):
            predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))
    shutil.rmtree("elsewhere")
    go_on()


def test_a_failing_read_is_reported_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = Reference.codes

    def failing(self: Reference, chrom: str, start: int, end: int) -> np.ndarray:
        if chrom == "chr2":
            raise OSError(errno.EIO, "Input/output error")
        return codes(self, chrom, start, end)

    with monkeypatch.context() as patch:
        patch.setattr(Reference, "codes", failing)
        with pytest.raises(FastaError, match="cannot be read: Input/output error"):
            predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))
    assert 0 < len(shards()) < CHUNKS
    go_on()


@pytest.mark.parametrize("place", ["joining", "joined", "moved"])
def test_killed_while_the_tracks_are_joined(
    folder: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise StopError

    where = {
        "joining": "regtrack.sweep.work.Shard.tracks",
        "joined": "regtrack.sweep.assemble.move_folder",
        "moved": "regtrack.sweep.assemble.remove",
    }[place]
    with monkeypatch.context() as patch:
        patch.setattr(where, stop)
        if place == "moved":  # nor may the interruption's own cleanup run: it is a kill
            patch.setattr("regtrack.sweep.claim.remove", stop)
        with pytest.raises(StopError):
            predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))
    if place == "moved":  # all is there but for an empty folder
        assert not shards()
        shutil.rmtree("tracks.partial")
        assert_as_undisturbed()
    else:
        assert not Path("tracks").exists()
        if place == "joined":  # as if killed between the record and the release of its lock
            Path("tracks.partial/tracks/.sweep.json.lock.partial").touch()
        go_on()


def test_older_tracks_that_were_just_replaced_are_not_taken_for_the_new_ones(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_places(made: Path, path: Path) -> None:
        replace_folder(made, path)
        raise StopError

    predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS, chroms=["chr10"]))
    with monkeypatch.context() as patch:
        patch.setattr("regtrack.sweep.assemble.move_folder", change_places)
        with pytest.raises(StopError):
            predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS), overwrite=True)
    assert len(list(Path("tracks.partial/tracks").iterdir())) == 1 + len(MARKERS)
    go_on(overwrite=True)


def test_a_plan_that_differs_is_refused_by_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(monkeypatch)
    before = {path: path.read_bytes() for path in shards()}
    for options, named in [
        ({"window": 500}, "plan.window was 250 and is 500"),
        ({"precision": "bf16"}, 'precision was "fp32" and is "bf16"'),
        ({"keep_bits": 9}, "keep_bits was 7 and is 9"),
        ({"markers": ["*TF"]}, "markers was "),
        ({"chroms": ["chr2"]}, "plan.chroms was "),
        ({"reverse_complement": True}, "plan.both_strands was false and is true"),
    ]:
        with pytest.raises(PlanError, match=named) as raised:
            predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS | options))
        assert "overwrite=True` to start over" in str(raised.value)
    bases = CODES["chr10"].copy()
    bases[7] = (bases[7] + 1) % 4
    write_fasta(Path("other.fa"), {**CODES, "chr10": bases})
    with pytest.raises(PlanError, match=r"reference\.sha256 was"):
        predict_genome("c.safetensors", "other.fa", "tracks", **grouped(**OPTIONS))
    Path("other.fa").unlink()
    Path("other.fa.fai").unlink()
    assert {path: path.read_bytes() for path in shards()} == before
    go_on()


def test_inputs_may_move(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(monkeypatch)
    Path("r.fa").rename("moved.fa")
    predict_genome("c.safetensors", "moved.fa", "tracks", **grouped(**OPTIONS))
    for path in Path("undisturbed").glob("*.bw"):
        assert (Path("tracks") / path.name).read_bytes() == path.read_bytes()


def test_overwrite_starts_over_if_the_plan_differs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(monkeypatch)
    with publish_folder(Path("tracks"), mark="sweep.json") as old:
        (old / "sweep.json").write_text(json.dumps({"tracks": [{"file": "old.bw"}]}))
        (old / "old.bw").write_text("")
    predict_genome("c.safetensors", "r.fa", "tracks", overwrite=True, compute=Compute(window=500))
    assert {path.name for path in Path("tracks").iterdir()} == {
        path.name for path in Path("undisturbed").iterdir()
    }
    assert not Path("tracks.partial").exists()
    shutil.rmtree("tracks")
    go_on()


def meanwhile(monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]) -> None:
    """Do something once while the first shard is written."""
    write, calls = shard.write_shard, []

    def writing(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            work()
        write(*arguments)

    monkeypatch.setattr("regtrack.sweep.engine.write_shard", writing)


REQUEST = SweepRequest(
    Path("c.safetensors"), Path("r.fa"), Path("tracks"), compute=Compute(window=250, batch_size=2)
)


def rewrite_in_place(path: Path, old: bytes, new: bytes) -> None:
    """Other bytes of the same number, under the same date."""
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def test_a_reference_rewritten_in_place_stops_the_sweep(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = Path("r.fa")
    original = reference.read_bytes()
    with monkeypatch.context() as patch:
        meanwhile(
            patch,
            lambda: rewrite_in_place(
                reference,
                original[-80:],
                original[-80:].translate(bytes.maketrans(b"ACGT", b"CATG")),
            ),
        )
        with pytest.raises(FastaError, match="written or replaced"):
            predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))
    assert not Path("tracks").exists()
    with pytest.raises(PlanError, match=r"reference\.sha256"):
        predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))
    reference.write_bytes(original)
    go_on()


def test_a_checkpoint_replaced_meanwhile_stops_the_sweep(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copyfile("c.safetensors", "copy")
    with monkeypatch.context() as patch:
        meanwhile(patch, lambda: Path("copy").replace("c.safetensors"))
        with pytest.raises(ChangedError, match=r"c\.safetensors was written or replaced"):
            predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))
    assert not Path("tracks").exists()
    go_on()


def test_two_processes_do_not_work_on_one_sweep(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []

    def again() -> None:
        for run in (
            lambda: predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS)),
            lambda: predict_genome(
                "c.safetensors", "r.fa", "tracks", overwrite=True, compute=Compute(window=500)
            ),
            lambda: run_share(REQUEST, "1/2"),
            lambda: assemble_genome("tracks"),
        ):
            with pytest.raises(OutputError, match="another process uses") as caught:
                run()
            refused.append(str(caught.value))

    with monkeypatch.context() as patch:
        meanwhile(patch, again)
        go_on()
    assert len(refused) == 4
    assert all("\n" not in message for message in refused)


def test_shares_run_concurrently_and_keep_other_work_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def beside() -> None:
        made.append(run_share(REQUEST, "2/2").made)
        with pytest.raises(OutputError, match="another process uses"):
            assemble_genome("tracks")
        with pytest.raises(OutputError, match="another process uses"):
            run_share(replace(REQUEST, storage=Storage(keep_bits=9)), "1/1", overwrite=True)

    with monkeypatch.context() as patch:
        meanwhile(patch, beside)
        run_share(REQUEST, "1/2")
    assert made == [CHUNKS // 2]
    assemble_genome("tracks")
    assert_as_undisturbed()


def test_a_shard_of_another_plan_is_not_joined(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_share(replace(REQUEST, storage=Storage(keep_bits=9)), "1/1")
    other = shards()[3].read_bytes()
    shutil.rmtree("tracks.partial")
    run_share(REQUEST, "1/1")
    with monkeypatch.context() as patch:
        patch.setattr("regtrack.sweep.work.Work.missing", lambda *_, **__: ())
        shards()[3].write_bytes(other)
        with pytest.raises(OutputError, match="another plan, started meanwhile"):
            assemble_genome("tracks")
    go_on()


@pytest.mark.parametrize("left", ["plan", "nothing of the plan"])
def test_a_sweep_starts_over_after_a_kill_at_the_very_end(folder: Path, left: str) -> None:
    """The tracks stood in their place, and the work folder was not yet away."""
    stop = pytest.MonkeyPatch()
    place = "regtrack.sweep.assemble.remove"
    if left == "nothing of the plan":  # it was being deleted, under another name
        place = "regtrack.sweep.claim.shutil.rmtree"

    def stopping(*_: object, **__: object) -> None:
        raise StopError

    with stop.context() as patch, pytest.raises(StopError):
        patch.setattr(place, stopping)
        if left == "plan":
            patch.setattr("regtrack.sweep.claim.remove", stopping)
        predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))
    if left == "plan":
        assert not Path("tracks.partial/shards").exists()
        shutil.rmtree("tracks")
        go_on()
    else:
        shutil.rmtree("tracks", ignore_errors=True)
        go_on()


def test_the_current_folder_is_refused_as_output(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("empty").mkdir()
    monkeypatch.chdir("empty")
    for out in (".", "..", folder):
        with pytest.raises(OutputError, match="is the current folder"):
            predict_genome("../c.safetensors", "../r.fa", out, **grouped(**OPTIONS))


def test_a_plan_of_wrong_types_is_broken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(monkeypatch)
    plan = Path("tracks.partial/sweep.json")
    for chunks_are in (3, [[1]], None):
        plan.write_text(json.dumps(json.loads(plan.read_text()) | {"chunks": chunks_are}))
        with pytest.raises(PlanError, match=r"sweep\.json is broken, .* run the shares again"):
            assemble_genome("tracks")
        with pytest.raises(PlanError, match="its plan is broken"):
            predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))
    go_on(overwrite=True)


def test_a_changed_track_list_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(monkeypatch)
    plan = Path("tracks.partial/sweep.json")
    whole = json.loads(plan.read_text())
    assert len(whole["tracks"]) > 1
    first, second, *rest = whole["tracks"]
    swapped = [{**first, "marker": second["marker"]}, {**second, "marker": first["marker"]}, *rest]
    outside = [{**first, "file": "../../x.bw"}, second, *rest]
    for tracks in (swapped, outside):
        plan.write_text(json.dumps({**whole, "tracks": tracks}))
        with pytest.raises(PlanError, match=r"sweep\.json is broken"):
            assemble_genome("tracks")
    # even with a digest that fits: the shards are of another plan then
    plan.write_text(to_text({**whole, "tracks": swapped}))
    with pytest.raises(PlanError, match=r"shards are missing or broken"):
        assemble_genome("tracks")
    plan.write_text(to_text({**whole, "tracks": outside}))
    with pytest.raises(PlanError, match=r"sweep\.json is broken"):
        assemble_genome("tracks")
    assert not Path("../x.bw").exists()


def test_existing_shards_are_not_counted_as_needed_disk_space(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = []
    monkeypatch.setattr("regtrack.sweep.job.check_disk", lambda _, size: needed.append(size))
    run_share(REQUEST, "1/1")
    there = sum(path.stat().st_size for path in shards())
    go_on()
    assert needed[1] == needed[0] - there


def test_a_foreign_work_folder_is_kept(folder: Path) -> None:
    Path("tracks.partial").mkdir()
    Path("tracks.partial/mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="not the work folder of a sweep; move it away"):
        predict_genome("c.safetensors", "r.fa", "tracks", overwrite=True)
    assert Path("tracks.partial/mine.txt").exists()


def test_auto_resumes_with_the_same_batch_size(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(monkeypatch)
    begun = {"markers": MARKERS, "plan": {"window": 250}}
    assert earlier_choices(Path("tracks"), begun) == (2, False)
    for other in ({"plan": {"window": 500}}, {"markers": MARKERS[:1]}, {"keep_bits": 9}):
        assert earlier_choices(Path("tracks"), begun | other) is None
    go_on(batch_size="auto")


def test_missing_shards_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlanError, match=r"tracks does not exist, and there is no tracks\.partial"):
        assemble_genome("tracks")
    stopped(monkeypatch)
    message = (
        rf"23 of {CHUNKS} shards are missing or broken .*: \d .* and 18 more; run those shares"
    )
    with pytest.raises(PlanError, match=message):
        assemble_genome("tracks")
    os.truncate("tracks.partial/sweep.json", 50)
    with pytest.raises(PlanError, match="its plan is broken"):
        predict_genome("c.safetensors", "r.fa", "tracks", **grouped(**OPTIONS))
    go_on(overwrite=True)
