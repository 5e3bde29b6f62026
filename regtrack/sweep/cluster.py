"""Run a sweep on a Dask cluster whose workers share the output's storage.

A worker opens a sweep once, which checks that it sees the same inputs and has the same versions.
A task is a few chunks, computed as in a local sweep, with byte-identical shards. If a worker dies,
Dask gives its tasks to another worker, which computes only the missing shards.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from regtrack.errors import ClusterError, MissingPackageError, PlanError
from regtrack.machine.threads import Threads
from regtrack.predict.named import NetworkSource
from regtrack.sweep.chunks import Chunk
from regtrack.sweep.computation import MakeComputation
from regtrack.sweep.compute import make_scorer
from regtrack.sweep.job import Job, open_job
from regtrack.sweep.request import SweepRequest
from regtrack.sweep.summary import Forecast
from regtrack.sweep.work import Work

try:
    from distributed import CancelledError, Client, KilledWorker, Security, as_completed
    from distributed.comm.core import connect
    from distributed.utils import LoopRunner
except ModuleNotFoundError as error:
    raise MissingPackageError(
        "a Dask scheduler was given, but Dask is not installed; "
        "run: pip install 'regtrack[cluster]'"
    ) from error

_log = logging.getLogger(__name__)

_TIMEOUT = 30  # seconds to connect to the scheduler
_POLL = 0.05  # seconds between two looks at whether a worker has answered
_CHUNKS = 16  # most chunks per task, whose start and end do not overlap with other tasks
_TASKS = 4  # fewest tasks per worker, so that all workers finish at about the same time
_RETRIES = 2  # of a failed task, such as after a short storage outage

_turn = threading.Lock()  # a worker runs one task at a time: the engine uses all cores
# the one job that a worker keeps open, by request, maker and the plan's digest
_kept: dict[tuple[SweepRequest, MakeComputation, str], tuple[Job, ExitStack]] = {}


@dataclass(frozen=True)
class ClusterJob:
    """A sweep on a cluster.

    Attributes:
        client: Dask's client.
        request: what to compute, with absolute paths and the sizes that the first worker chose.
        maker: makes the computation.
        forecast, work: as determined by that worker, with the time divided by all workers.
    """

    client: Any
    request: SweepRequest
    maker: MakeComputation
    forecast: Forecast
    work: Work

    def make(self, chunks: Sequence[Chunk]) -> Iterator[Chunk]:
        """Make the shards of some chunks; each chunk is yielded when its shard is on disk.

        Raises:
            ClusterError: the connection to the cluster was lost, or too many workers died.
            RegtrackError: any error of a worker.
        """
        size = len(chunks) // (_TASKS * max(1, len(self.client.nthreads())))
        futures = self.client.map(
            _make, tasks(chunks, min(max(size, 1), _CHUNKS)),
            request=self.request, maker=self.maker, plan=self.work.digest,
            retries=_RETRIES, pure=False, batch_size=1,
        )  # fmt: skip
        ended = as_completed(futures, loop=self.client.loop)
        # it waits by Dask's locks, which a signal must not interrupt: so in a thread
        with _named_errors(), Threads(1) as thread:
            try:
                while made := thread.submit(_made, ended).result():
                    yield from made
            finally:
                ended.clear()  # which ends the thread's wait


def _answer(future: Any) -> Any:
    """What a worker answers, without waiting by Dask's locks, which a signal must not interrupt."""
    while not future.done():  # there may be no worker yet
        time.sleep(_POLL)
    with Threads(1) as thread:
        return thread.submit(future.result).result()


def _made(ended: Iterator[Any]) -> Sequence[Chunk]:
    """The chunks of the next task that ends; none after the last."""
    for future in ended:
        return future.result()  # type: ignore[no-any-return]
    return ()


def tasks(chunks: Sequence[Chunk], size: int) -> list[tuple[Chunk, ...]]:
    """Split chunks, in order, into tasks of `size` chunks.

    >>> tasks("abcde", 2)
    [('a', 'b'), ('c', 'd'), ('e',)]
    """
    return [tuple(chunks[first : first + size]) for first in range(0, len(chunks), size)]


def on_dask(
    scheduler: str | Path, *, make: MakeComputation = make_scorer
) -> Callable[[SweepRequest], AbstractContextManager[ClusterJob]]:
    """A runner of sweeps on a cluster, for `regtrack.sweep.run.run_sweep`.

    Args:
        scheduler: its address, or the `Path` of the file that it writes.
        make: makes the computation; it is pickled, and must be equal to its copies.
    """

    @contextmanager
    def open_on_cluster(request: SweepRequest) -> Iterator[ClusterJob]:
        request = _anywhere(request)
        with _client(scheduler) as client:
            if not client.nthreads():
                _log.warning("the Dask scheduler has no workers yet; waiting for the first one")
            with _named_errors():
                forecast, work, notes = _answer(client.submit(_prepare, request, make, pure=False))
            for note in notes:
                _log.warning("%s", note)
            workers = max(1, len(client.nthreads()))
            forecast = replace(forecast, seconds=forecast.seconds / workers)
            yield ClusterJob(client, _chosen(request, work.record), make, forecast, work)

    return open_on_cluster


def _chosen(request: SweepRequest, record: Mapping[str, Any]) -> SweepRequest:
    """The request with the first worker's choices, which all workers follow."""
    compute = request.compute
    return replace(
        request,
        compute=replace(
            compute,
            batch_size=record["plan"]["batch_size"],
            device=record["device"] if compute.device == "auto" else compute.device,
            compiling="on" if record.get("compiled") else "off",
        ),
    )


def _anywhere(request: SweepRequest) -> SweepRequest:
    """The request with absolute paths.

    Raises:
        PlanError: an input that other processes cannot open.
    """
    given = request.checkpoint
    named = given if isinstance(given, tuple) else (given,)
    if not all(isinstance(one, Path | NetworkSource) for one in named):
        raise PlanError(
            "the network is an object, but a cluster's workers need the file of a checkpoint, or "
            "the function that makes the network; give either, or make shares without a cluster"
        )
    for path in request.inputs:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise PlanError(
                f"{path} is a pipe or a device, which the workers of a cluster cannot read; save "
                "its content to a file that they all see"
            )
    return request.at(Path.resolve)


@contextmanager
def _client(scheduler: str | Path) -> Iterator[Any]:
    address = _address(scheduler) if isinstance(scheduler, Path) else scheduler
    try:
        LoopRunner().run_sync(_greet, address)
        client = Client(address, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, ValueError, TypeError, ImportError) as error:
        reason = str(error) or f"no answer in {_TIMEOUT} s"
        raise ClusterError(
            f'no Dask scheduler answers at "{address}" ({reason}); expected one at an address such '
            "as tcp://login1:8786"
        ) from error
    with client:
        yield client


def _address(file: Path) -> str:
    """The address in a scheduler's file."""
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["address"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ClusterError(
            f"{file} is not a Dask scheduler file, or does not exist; start the scheduler first"
        ) from error


async def _greet(address: str) -> None:
    """Test the connection: a `Client` that cannot connect leaves threads behind, or hangs."""
    security = Security().get_connection_args("client")
    async with asyncio.timeout(_TIMEOUT):
        comm = await connect(address, timeout=_TIMEOUT, **security)
        await comm.close()


@contextmanager
def _named_errors() -> Iterator[None]:
    """Report failures of Dask itself in one line."""
    try:
        yield
    except KilledWorker as error:
        raise ClusterError(
            "several workers died on the same chunk, perhaps out of memory; check their logs, then "
            "run again"
        ) from error
    except CancelledError as error:
        raise ClusterError(
            "the connection to the Dask cluster was lost; run again when it is back"
        ) from error


def _prepare(request: SweepRequest, maker: MakeComputation) -> tuple[Forecast, Work, list[str]]:
    """On a worker, the forecast and work of a sweep, and the warnings to show to the user."""
    with _turn, _noted() as notes:
        _close_kept()
        with open_job(request, make=maker) as job:
            return job.forecast, job.work, notes


@contextmanager
def _noted() -> Iterator[list[str]]:
    """Collect the warnings logged meanwhile, which would otherwise stay in the worker's log."""
    notes: list[str] = []
    listener = logging.Handler(logging.WARNING)
    listener.emit = lambda record: notes.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("regtrack")
    logger.addHandler(listener)
    try:
        yield notes
    finally:
        logger.removeHandler(listener)


def _make(
    chunks: tuple[Chunk, ...], request: SweepRequest, maker: MakeComputation, plan: str
) -> tuple[Chunk, ...]:
    with _turn:
        job = _job(request, maker, plan)
        for _ in job.make(job.work.missing(chunks)):
            pass
    return chunks


def _job(request: SweepRequest, maker: MakeComputation, plan: str) -> Job:
    """The open job of this worker, kept for its next task; a job of another sweep is closed.

    Args:
        request: what to compute, with paths.
        maker: makes the computation.
        plan: the sweep's digest, since the files at these paths may be replaced.
    """
    if (request, maker, plan) not in _kept:
        _close_kept()
        with ExitStack() as opened:
            job = opened.enter_context(open_job(request, make=maker))
            job.work.check()
            if job.work.digest != plan:
                raise ClusterError(
                    f"{platform.node()} has other inputs than this sweep was planned with; all "
                    "workers need the same checkpoint, FASTA and BED files at the same paths"
                )
            _kept[request, maker, plan] = job, opened.pop_all()
    job, _ = _kept[request, maker, plan]
    return job


def _close_kept() -> None:
    """Close the job that is kept open, with its model and FASTA."""
    while _kept:
        _, (_, opened) = _kept.popitem()
        opened.close()


atexit.register(_close_kept)  # before the modules that it needs are torn down
