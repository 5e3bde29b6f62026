"""The chunks of a sweep on a Dask cluster, whose workers share the output's storage.

A worker opens a sweep once, which checks that it sees the same inputs and has the same versions;
after that a task is a few chunks, which overlap as they do anywhere else, and ends in the same
shards. Dask gives the tasks of a worker that dies to another, which makes what is missing of them.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import platform
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from regtrack.checkpoint import Checkpoint
from regtrack.errors import ClusterError, MissingPackageError, PlanError
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
        "a Dask scheduler was named and Dask is not installed; pip install 'regtrack[cluster]'"
    ) from error

_log = logging.getLogger(__name__)

_PATIENCE = 30  # seconds to find the scheduler
_CHUNKS = 16  # of a task, at most: what a worker begins and ends with does not overlap
_TASKS = 4  # of a worker, at least, so that workers end together
_RETRIES = 2  # of a task that fails, as when a disk is away for a moment

_turn = threading.Lock()  # of the tasks of a worker: the engine takes all cores for one
# by a worker, one at most: by what was asked for, what computes it, and the plan's digest
_kept: dict[tuple[SweepRequest, MakeComputation, str], tuple[Job, ExitStack]] = {}


@dataclass(frozen=True)
class ClusterJob:
    """A sweep on a cluster.

    Attributes:
        client: of Dask.
        request: with paths that hold anywhere, and the numbers that the first worker chose.
        maker: makes what computes the values.
        forecast, work: as that worker found them, the time shared by all workers.
    """

    client: Any
    request: SweepRequest
    maker: MakeComputation
    forecast: Forecast
    work: Work

    def make(self, chunks: Sequence[Chunk]) -> Iterator[Chunk]:
        """Make the shards of some chunks; each chunk is yielded when its shard is on disk.

        Raises:
            ClusterError: the cluster went away, or too many workers died.
            RegtrackError: whatever a worker meets.
        """
        size = len(chunks) // (_TASKS * max(1, len(self.client.nthreads())))
        futures = self.client.map(
            _make, tasks(chunks, min(max(size, 1), _CHUNKS)),
            request=self.request, maker=self.maker, plan=self.work.digest,
            retries=_RETRIES, pure=False, batch_size=1,
        )  # fmt: skip
        with _named_errors():
            for future in as_completed(futures, loop=self.client.loop):
                yield from future.result()


def tasks(chunks: Sequence[Chunk], size: int) -> list[tuple[Chunk, ...]]:
    """So many chunks a task, in order.

    >>> tasks("abcde", 2)
    [('a', 'b'), ('c', 'd'), ('e',)]
    """
    return [tuple(chunks[first : first + size]) for first in range(0, len(chunks), size)]


def on_dask(
    scheduler: str | Path, *, make: MakeComputation = make_scorer
) -> Callable[[SweepRequest], AbstractContextManager[ClusterJob]]:
    """What runs a sweep on a cluster, for `regtrack.sweep.run.run_sweep`.

    Args:
        scheduler: its address, or as a path the file that it writes.
        make: makes what computes the values; it is pickled, and equal to its copies.
    """

    @contextmanager
    def open_on_cluster(request: SweepRequest) -> Iterator[ClusterJob]:
        request = _anywhere(request)
        with _client(scheduler) as client:
            if not client.nthreads():
                _log.warning("no worker has joined the scheduler yet; waiting for the first")
            with _named_errors():
                forecast, work, notes = client.submit(_prepare, request, make, pure=False).result()
            for note in notes:
                _log.warning("%s", note)
            workers = max(1, len(client.nthreads()))
            forecast = replace(forecast, seconds=forecast.seconds / workers)
            yield ClusterJob(client, _chosen(request, work.record), make, forecast, work)

    return open_on_cluster


def _chosen(request: SweepRequest, record: Mapping[str, Any]) -> SweepRequest:
    """A request that leaves nothing to choose: every worker does as the first one chose."""
    asked = request.compute
    return replace(
        request,
        compute=replace(
            asked,
            batch_size=record["plan"]["batch_size"],
            device=record["device"] if asked.device == "auto" else asked.device,
            compiling="on" if record.get("compiled") else "off",
        ),
    )


def _anywhere(request: SweepRequest) -> SweepRequest:
    """A request whose paths do not depend on where a process runs."""
    if isinstance(request.checkpoint, Checkpoint):
        raise PlanError("a cluster needs the checkpoint as a file; save it and name its path")
    return request.at(Path.resolve)


@contextmanager
def _client(scheduler: str | Path) -> Iterator[Any]:
    address = _address(scheduler) if isinstance(scheduler, Path) else scheduler
    try:
        LoopRunner().run_sync(_greet, address)
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError, ImportError) as error:
        reason = str(error) or f"no answer in {_PATIENCE} s"
        raise ClusterError(
            f'no Dask scheduler answers at "{address}" ({reason}); expected one at an address such '
            "as tcp://login1:8786"
        ) from error
    with client:
        yield client


def _address(file: Path) -> str:
    """What a scheduler wrote into its file."""
    try:
        return str(json.loads(file.read_text())["address"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ClusterError(f"no scheduler file at {file}; start the scheduler first") from error


async def _greet(address: str) -> None:
    """Connect for a moment: a `Client` that cannot leaves threads, or waits for ever."""
    security = Security().get_connection_args("client")
    async with asyncio.timeout(_PATIENCE):
        comm = await connect(address, timeout=_PATIENCE, **security)
        await comm.close()


@contextmanager
def _named_errors() -> Iterator[None]:
    """Dask's own failures in one line."""
    try:
        yield
    except KilledWorker as error:
        raise ClusterError(
            "workers died again and again on the same chunk, perhaps for want of memory; see their "
            "logs, then run again"
        ) from error
    except CancelledError as error:
        raise ClusterError("the Dask cluster went away; run again when it is back") from error


def _prepare(request: SweepRequest, maker: MakeComputation) -> tuple[Forecast, Work, list[str]]:
    """What a sweep will be, found out where it will run, and what the user is to be told of it."""
    with _turn, _noted() as notes:
        _give_back()
        with open_job(request, make=maker) as job:
            return job.forecast, job.work, notes


@contextmanager
def _noted() -> Iterator[list[str]]:
    """The warnings that are logged meanwhile, of which only a worker's own log would tell."""
    notes: list[str] = []
    listener = logging.Handler(logging.WARNING)
    listener.emit = lambda record: notes.append(record.getMessage())  # type: ignore[method-assign]
    ours = logging.getLogger("regtrack")
    ours.addHandler(listener)
    try:
        yield notes
    finally:
        ours.removeHandler(listener)


def _make(
    chunks: tuple[Chunk, ...], request: SweepRequest, maker: MakeComputation, plan: str
) -> tuple[Chunk, ...]:
    with _turn:
        job = _job(request, maker, plan)
        for _ in job.make(job.work.missing(chunks)):
            pass
    return chunks


def _job(request: SweepRequest, maker: MakeComputation, plan: str) -> Job:
    """The job that this process keeps for the next chunk; that of another sweep is given back.

    Args:
        request: what is asked for, by paths.
        maker: makes what computes the values.
        plan: the digest of the sweep, since files may be replaced under their paths.
    """
    if (request, maker, plan) not in _kept:
        _give_back()
        with ExitStack() as opened:
            job = opened.enter_context(open_job(request, make=maker))
            job.work.check()
            if job.work.digest != plan:
                raise ClusterError(
                    f"{platform.node()} sees other inputs than this sweep was planned with; all "
                    "workers need the same checkpoint, FASTA and BED files under the same paths"
                )
            _kept[request, maker, plan] = job, opened.pop_all()
    job, _ = _kept[request, maker, plan]
    return job


def _give_back() -> None:
    """Let go of the model and the FASTA that are kept."""
    while _kept:
        _, (_, opened) = _kept.popitem()
        opened.close()


atexit.register(_give_back)  # while all that it needs is still there
