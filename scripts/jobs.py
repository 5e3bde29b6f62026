"""Jobs of scripts: commands of regtrack and trainings, several at a time, with the time left.

A job whose output is there returns at once, so that a script that is started again continues.
"""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

import regtrack
from regtrack.training.config import Hardware, TrainingConfig

# mixed where that is faster
_BF16 = torch.cuda.is_available() or torch.cpu.get_capabilities().get("avx512_bf16", False)
PRECISION = "bf16" if _BF16 else "fp32"


@dataclass(frozen=True)
class Job:
    """Something to be done.

    Attributes:
        name: in what is printed.
        call: does it, in a process of its own; what it returns is printed.
        arguments: of the call.
        seconds: how long it is expected to take, in any unit that all jobs share.
    """

    name: str
    call: Callable[..., object]
    arguments: tuple[object, ...] = ()
    seconds: float = 1.0


@dataclass
class Meter:
    """The time that is left, of jobs of one or several calls of `run_jobs`.

    Attributes:
        total: the expected seconds of all jobs.
    """

    total: float
    began: float = field(default_factory=time.monotonic)
    done: float = 0.0

    def says(self) -> str:
        """The time that has passed, and the time left at the speed so far."""
        passed = time.monotonic() - self.began
        share = min(self.done / self.total, 1.0) if self.total else 1.0
        left = f", about {span(passed * (1 / share - 1))} left" if 0 < share < 1 else ""
        return f"{share:4.0%}, {span(passed)}{left}"


def span(seconds: float) -> str:
    """Seconds, minutes, or hours and minutes.

    >>> span(75), span(7_500)
    ('1 min', '2 h 05 min')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def run_jobs(
    jobs: Sequence[Job],
    at_once: int,
    *,
    minutes: float = float("inf"),
    start: Callable[[], None] | None = None,
    meter: Meter | None = None,
) -> list[str]:
    """Run jobs in order, several at a time; a job that fails does not stop the others.

    Args:
        jobs: what to run.
        at_once: the number of processes.
        minutes: begin no job after so many.
        start: called in each process before its first job.
        meter: counts what is done; None: one for these jobs.

    Returns:
        The names of those that failed or were not begun.
    """
    meter = meter or Meter(sum(job.seconds for job in jobs))
    began, waiting, left = time.monotonic(), list(jobs), list[str]()
    running: dict[Future[object], Job] = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(at_once, context, start or one_thread) as pool:
        while waiting or running:
            late = time.monotonic() - began > 60 * minutes
            while waiting and len(running) < at_once and not late:
                job = waiting.pop(0)
                running[pool.submit(job.call, *job.arguments)] = job
            if not running:
                break
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for one in ended:
                job, error = running.pop(one), one.exception()
                meter.done += job.seconds
                left += [job.name] * (error is not None)
                said = f"failed: {error}" if error else one.result()
                print(f"{meter.says()}; {job.name}: {said}", flush=True)
    return left + [job.name for job in waiting]


def one_thread() -> None:
    """Let a process compute in one thread, since several run."""
    torch.set_num_threads(1)


def run_regtrack(*words: object, log: Path | None = None) -> str:
    """Run a command of regtrack, and return what it prints.

    Args:
        words: of the command.
        log: a file for the command and its progress; None: they are shown.

    Raises:
        RuntimeError: it failed; with what it printed last.
    """
    command = ["regtrack", *map(str, words)]
    with nullcontext() if log is None else log.open("a", encoding="utf-8") as file:
        print(" ".join(command), file=file or sys.stderr, flush=True)
        found = subprocess.run(
            [sys.executable, "-m", *command], stdout=subprocess.PIPE, stderr=file, text=True,
            check=False,
        )  # fmt: skip
    if found.returncode:
        lines = [] if log is None else log.read_text(encoding="utf-8").splitlines()
        raise RuntimeError(lines[-1] if lines else f"{' '.join(command)} failed")
    return found.stdout


def train(
    dataset: Path,
    out: Path,
    model: str,
    settings: Mapping[str, Any],
    config: Mapping[str, Any],
) -> str:
    """Train a network on one device, unless it is trained; an interrupted run resumes.

    Returns:
        Its scores on the valid split.
    """
    if not is_trained(out):
        regtrack.train(
            dataset, out, model=model, settings=settings, config=TrainingConfig(**config),
            hardware=Hardware(devices=1),
        )  # fmt: skip
    result = json.loads((out / "training.json").read_text())["result"]
    scores = {
        name.removeprefix("average_precision_"): value
        for name, value in result.items()
        if name.startswith("average_precision_")
    }
    return ", ".join(f"{name} {value:.4f}" for name, value in scores.items())


def is_trained(out: Path) -> bool:
    """Whether the run of a folder is finished."""
    return (out / "checkpoint.safetensors").exists() and not (out / "last.ckpt").exists()
