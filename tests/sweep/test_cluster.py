"""Two worker processes give byte-identical tracks to one, even if a worker is killed."""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import forked
import numpy as np
import pyBigWig
import pytest
from forked import Forked
from safetensors.torch import save_file
from struck_locks import struck

from regtrack.checkpoint import save_checkpoint
from regtrack.errors import ClusterError, MarkerError, PlanError
from regtrack.genome.assembly import Assembly
from regtrack.predict.named import NetworkSource
from regtrack.saliency.tracks import MakeSaliency
from regtrack.sweep.chunks import Chunk
from regtrack.sweep.claim import claimed
from regtrack.sweep.compute import make_scorer
from regtrack.sweep.job import Job, open_job
from regtrack.sweep.request import Compute, Selection, SweepRequest
from regtrack.sweep.run import forecast_sweep, run_sweep

from .toys import as_checkpoint, random_codes, small_model, write_fasta

distributed = pytest.importorskip("distributed")
cluster = pytest.importorskip("regtrack.sweep.cluster")
small_worker = pytest.importorskip("small_worker")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

forked.preload("small_worker")

CODES = {"chr2": random_codes(60_007, 0, [(2_000, 3_111)]), "chr10": random_codes(403, 1)}
ASSEMBLY = Assembly(tuple(CODES), tuple(map(len, CODES.values())))


@pytest.fixture
def request_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SweepRequest:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("regtrack.sweep.chunks.CHUNK", 1_000)
    write_fasta(Path("r.fa"), CODES)
    model = small_model("cnn7").float()
    save_checkpoint("c.safetensors", as_checkpoint(model, ASSEMBLY))
    return SweepRequest(
        Path("c.safetensors"),
        Path("r.fa"),
        Path("tracks"),
        compute=Compute(window=500, batch_size=2, device="cpu"),
    )


@pytest.fixture
def workers(request_: SweepRequest) -> Iterator[list[Forked]]:
    """A scheduler, known by its file, and two workers, each a process."""
    found = ("--scheduler-file", "s.json", "--no-dashboard")
    begun = [
        Forked(small_worker.schedule, *found, "--port", "0", "--host", "127.0.0.1"),
        *(Forked(small_worker.work, *found, "--nthreads", "1", "--no-nanny") for _ in range(2)),
    ]
    try:
        for _ in range(600):
            if Path("s.json").exists():
                break
            time.sleep(0.1)
        with distributed.Client(scheduler_file="s.json", set_as_default=False) as client:
            client.wait_for_workers(2, timeout=120)
        yield begun[1:]
    finally:
        for process in begun:
            process.kill()
            process.wait()


def here(workers: int, *, threads: int = 1) -> Any:
    """A cluster whose workers are this process."""
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    )


@pytest.fixture
def scheduler() -> Iterator[str]:
    """The address of a cluster whose one worker, of two threads, is this process."""
    with here(1, threads=2) as local:
        yield local.scheduler_address


class Silent:
    """A progress that shows nothing."""

    def task(self, description: str, total: float | None, unit: str) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.bw")}


def values(folder: Path) -> np.ndarray:
    """Those of chr2, shape (tracks, bp)."""
    found = []
    for path in sorted(folder.glob("*.bw")):
        with pyBigWig.open(str(path)) as track:
            found.append(track.values("chr2", 0, ASSEMBLY.length("chr2"), numpy=True))
    return np.array(found)


def test_two_workers_of_which_one_is_killed_give_byte_identical_tracks(
    request_: SweepRequest, workers: list[Forked]
) -> None:
    run_sweep(replace(request_, out=Path("alone")))
    killed = []

    class Killer(Silent):
        """A progress that kills a worker when some chunks are done."""

        def advance(self, amount: float = 1, note: str | None = None) -> None:
            done = len(list(Path("tracks.partial/shards").glob("*.shard")))
            if done >= 10 and not killed:
                workers[0].send_signal(signal.SIGKILL)
                workers[0].wait()
                killed.append(done)

    summary = run_sweep(request_, runner=cluster.on_dask(Path("s.json")), progress=Killer())
    assert killed
    assert killed[0] < 50  # of 62 chunks
    assert workers[1].poll() is None
    assert content(Path("tracks")) == content(Path("alone"))
    assert summary.bases == 60_007 - 1_111 + 403
    assert not Path("tracks.partial").exists()
    with pytest.raises(MarkerError, match="no marker matches"):  # an error there is one here
        run_sweep(
            replace(request_, selection=Selection(markers=("none",)), out=Path("t")),
            runner=cluster.on_dask(Path("s.json")),
        )


@pytest.mark.parametrize("lock", [0, 1, 10])
def test_ctrl_c_ends_the_wait_for_the_cluster_and_the_same_request_resumes(
    request_: SweepRequest, workers: list[Forked], lock: int
) -> None:
    run_sweep(replace(request_, out=Path("alone")))
    striking = ExitStack()

    class Striking(Silent):
        """A progress that has the signal come once the first chunks are done."""

        def advance(self, amount: float = 1, note: str | None = None) -> None:
            if amount and not begun:
                begun.append(striking.enter_context(struck(signal.SIGINT, lock)))

    begun: list[list[int]] = []
    with striking, pytest.raises(KeyboardInterrupt):
        run_sweep(request_, runner=cluster.on_dask(Path("s.json")), progress=Striking())
    assert begun == [[]]
    assert [worker.poll() for worker in workers] == [None, None]
    run_sweep(request_, runner=cluster.on_dask(Path("s.json")))
    assert content(Path("tracks")) == content(Path("alone"))


def test_a_task_taken_over_computes_only_missing_shards(
    request_: SweepRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    make = Job.make
    monkeypatch.setattr(Job, "make", lambda job, some: asked.append(some) or make(job, some))
    with open_job(request_) as planned, claimed(planned.work, exclusive=True):
        some = planned.work.chunks[:3]
        cluster._make(some[1:2], request_, make_scorer, planned.work.digest)
        assert cluster._make(some, request_, make_scorer, planned.work.digest) == some
        assert planned.work.missing(some) == ()
    assert asked == [some[1:2], (some[0], some[2])]


def test_a_worker_with_two_threads_runs_one_task_at_a_time(
    request_: SweepRequest, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, most, make = [0], [0], Job.make
    count = threading.Lock()

    def counted(job: Job, chunks: Sequence[Chunk]) -> Iterator[Chunk]:
        with count:
            busy[0] += 1
            most[0] = max(*most, *busy)
        yield from make(job, chunks)
        with count:
            busy[0] -= 1

    monkeypatch.setattr(Job, "make", counted)
    run_sweep(request_, runner=cluster.on_dask(scheduler))
    assert most == [1]
    assert busy == [0]


def test_notes_of_the_worker_that_plans_reach_the_user(
    request_: SweepRequest, scheduler: str, caplog: pytest.LogCaptureFixture
) -> None:
    Path("some.bed").write_text("2\t0\t1500\n")
    run_sweep(
        replace(request_, selection=Selection(regions=Path("some.bed"))),
        runner=cluster.on_dask(scheduler),
    )
    told = [record.message for record in caplog.records if record.name == cluster.__name__]
    place = Path("some.bed").resolve()
    assert told == [f'{place}: 1 of 1 lines used; its names such as "2" are read as "chr2"']


def test_workers_share_the_time_that_is_forecast(
    request_: SweepRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regtrack.sweep.job.speed", lambda *_: 1e6)
    with here(2) as local:
        shared = forecast_sweep(request_, runner=cluster.on_dask(local.scheduler_address))
    assert shared.seconds == pytest.approx(forecast_sweep(request_).seconds / 2)


def test_a_note_says_that_a_scheduler_has_no_worker_yet(
    request_: SweepRequest, caplog: pytest.LogCaptureFixture
) -> None:
    with here(0) as local:
        later = threading.Timer(1, local.scale, [1])
        later.start()
        run_sweep(request_, runner=cluster.on_dask(local.scheduler_address))
        later.join()
    assert "the Dask scheduler has no workers yet" in caplog.text
    assert content(Path("tracks"))


def test_ctrl_c_ends_the_wait_for_the_first_worker(request_: SweepRequest) -> None:
    with here(0) as local:
        main = threading.get_ident()
        later = threading.Timer(1, signal.pthread_kill, (main, signal.SIGINT))
        later.start()
        with pytest.raises(KeyboardInterrupt):
            run_sweep(request_, runner=cluster.on_dask(local.scheduler_address))
        later.join()
    assert not Path("tracks").exists()


@pytest.mark.parametrize(("asked", "sent"), [("auto", "cuda"), ("cuda:1", "cuda:1")])
def test_an_explicit_device_is_kept(request_: SweepRequest, asked: str, sent: str) -> None:
    record = {"plan": {"batch_size": 3}, "device": "cuda"}
    chosen = cluster._chosen(replace(request_, compute=Compute(device=asked)), record).compute
    assert (chosen.device, chosen.batch_size, chosen.compiling) == (sent, 3, "off")


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of something that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield "tcp://127.0.0.1:{1}".format(*server.getsockname())


def test_an_address_without_a_scheduler_is_one_line_and_leaves_nothing(
    request_: SweepRequest,
    silent: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cluster, "_TIMEOUT", 0.5)
    for address, reason in [
        ("tcp://127.0.0.1:9", "Timed out|no answer"),
        (silent, "no answer in 0.5 s"),
        ("foo", "missing port number"),
        ("foo://bar:1", "unknown address scheme"),
        ("tls://127.0.0.1:9", "TLS expects"),
        ("", "missing port number"),
    ]:
        with pytest.raises(
            ClusterError, match=f'answers at "{address}" .*({reason}).*; expected'
        ) as no:
            run_sweep(request_, runner=cluster.on_dask(address))
        assert "\n" not in str(no.value)
    gc.collect()
    assert "Exception ignored" not in capfd.readouterr().err
    assert not [thread for thread in threading.enumerate() if "IO loop" in thread.name]


def test_a_missing_or_invalid_scheduler_file_is_refused(request_: SweepRequest) -> None:
    Path("broken.json").write_text("{")
    for name in ("none.json", "broken.json"):
        with pytest.raises(ClusterError, match=f"{name} is not a Dask scheduler file"):
            run_sweep(request_, runner=cluster.on_dask(Path(name)))


def test_a_checkpoint_in_memory_is_refused(request_: SweepRequest) -> None:
    loaded = replace(request_, checkpoint=as_checkpoint(small_model("cnn7"), ASSEMBLY))
    with pytest.raises(PlanError, match="is an object, but a cluster's workers need the file"):
        run_sweep(loaded, runner=cluster.on_dask("tcp://127.0.0.1:9"))


def test_a_pipe_is_refused_before_the_cluster_is_asked(request_: SweepRequest) -> None:
    os.mkfifo("pipe")
    for changes in (
        {"reference": Path("pipe")},
        {"selection": Selection(regions="pipe")},
        {"selection": Selection(exclude="pipe")},
    ):
        with pytest.raises(PlanError, match=r"^pipe is a pipe or a device, .* save its content"):
            run_sweep(replace(request_, **changes), runner=cluster.on_dask("tcp://127.0.0.1:9"))


def test_a_worker_without_the_folder_reports_it(request_: SweepRequest) -> None:
    with pytest.raises(
        ClusterError, match=r"tracks\.partial does not exist on .*; all workers need"
    ):
        cluster._job(request_, make_scorer, "a digest")


def test_a_worker_with_other_inputs_reports_it(request_: SweepRequest) -> None:
    with open_job(request_) as job:
        with claimed(job.work, exclusive=True):
            pass
        with pytest.raises(ClusterError, match="has other inputs than this sweep was planned with"):
            cluster._job(request_, make_scorer, "the digest of another")
        assert cluster._job(request_, make_scorer, job.work.digest).work.digest == job.work.digest
        replace_checkpoint()
        cluster._close_kept()
        with pytest.raises(PlanError, match=r"checkpoint\.weights was .* and is "):
            cluster._job(request_, make_scorer, job.work.digest)


def replace_checkpoint() -> None:
    model = small_model("cnn7", hidden=9).float()
    save_checkpoint("c.safetensors", as_checkpoint(model, ASSEMBLY), overwrite=True)


def replace_reference() -> None:
    write_fasta(Path("r.fa"), {name: codes[::-1] for name, codes in CODES.items()})


replaced = pytest.mark.parametrize("replace_input", [replace_checkpoint, replace_reference])


@replaced
def test_a_sweep_planned_by_another_worker_is_not_computed_from_replaced_files(
    request_: SweepRequest, replace_input: Callable[[], None]
) -> None:
    for change in (lambda: None, replace_input):
        change()
        with open_job(request_) as planned:
            with claimed(planned.work, exclusive=True, overwrite=True):
                pass
            first = planned.work.chunks[0]
            cluster._make((first,), request_, make_scorer, planned.work.digest)
            assert planned.work.missing([first]) == ()


@replaced
def test_a_worker_reads_a_replaced_file_in_the_next_sweep(
    request_: SweepRequest,
    scheduler: str,
    replace_input: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = []

    @contextmanager
    def counted(request: SweepRequest, **options: Any) -> Iterator[Job]:
        with open_job(request, **options) as job:
            opened.append(job)
            assert len(opened) == 1
            yield job
        opened.remove(job)

    monkeypatch.setattr("regtrack.sweep.chunks.CHUNK", 30_000)
    monkeypatch.setattr(cluster, "open_job", counted)
    run_sweep(request_, runner=cluster.on_dask(scheduler))
    former = values(Path("tracks"))
    replace_input()
    run_sweep(request_, runner=cluster.on_dask(scheduler), overwrite=True)
    run_sweep(replace(request_, out=Path("alone")))
    now = values(Path("tracks"))
    np.testing.assert_array_equal(now, values(Path("alone")))
    assert np.nanmax(np.abs(now - former)) > 0.001


def test_another_computation_runs_on_a_cluster_as_it_does_locally(
    request_: SweepRequest, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        cluster,
        "open_job",
        lambda request, *, make: asked.append(make) or open_job(request, make=make),
    )
    make = MakeSaliency(threshold=0.4)
    request = replace(request_, selection=Selection(markers=("*TF",)))
    run_sweep(replace(request, out=Path("alone")), runner=partial(open_job, make=make))
    run_sweep(request, runner=cluster.on_dask(scheduler, make=make))
    assert content(Path("tracks")) == content(Path("alone"))
    assert sorted(content(Path("tracks"))) == [
        "cnn7.K562_TF.saliency-abs.bw", "cnn7.K562_TF.saliency.bw",
    ]  # fmt: skip
    # it was pickled on the way, and yet the worker opened the sweep once to plan and once to work
    assert asked == [make, make]
    assert not any(one is make for one in asked)


def test_a_named_network_runs_on_a_cluster_as_it_does_locally(
    request_: SweepRequest, scheduler: str
) -> None:
    named = NetworkSource("regtrack.adapters.spliceai:spliceai", ["context=80"])
    weights = named.make().model.network.state_dict()
    tensors = {
        name.removeprefix("network.module."): tensor.contiguous()
        for name, tensor in weights.items()
        if name.startswith("network.module.")
    }
    save_file(tensors, "w.safetensors")
    given = replace(named, settings=["context=80", f"weights={Path('w.safetensors').resolve()}"])
    request = replace(
        request_, checkpoint=given, selection=Selection(chroms=["chr10"], markers=["donor.*"])
    )
    run_sweep(replace(request, out=Path("alone")))
    run_sweep(request, runner=cluster.on_dask(scheduler))
    assert content(Path("tracks")) == content(Path("alone"))
    assert len(content(Path("tracks"))) == 2
