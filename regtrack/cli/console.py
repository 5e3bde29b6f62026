"""Output of the commands: tables and JSON on stdout, notes and progress on stderr."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress as RichProgress,
    ProgressColumn,
    SpinnerColumn,
    Task as RichTask,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from regtrack.cli.wording import in_options
from regtrack.errors import RegtrackError, harmless
from regtrack.progress import SILENT, Progress, Task

# output contains paths and names, whose brackets and colons are not markup
_PLAIN: dict[str, Any] = {"markup": False, "highlight": False, "emoji": False}

console = Console(soft_wrap=True, **_PLAIN)
errors = Console(stderr=True, soft_wrap=True, emoji=False)

_PLAIN_SECONDS = 10.0
_PIPE_WIDTH = 240
_NUMBER = re.compile(r"[-<]?\d|-?(nan|inf)?$")  # the beginning of a number, or an empty cell
_quiet = False
R = TypeVar("R", bound=RichProgress)


def set_quiet(quiet: bool) -> None:
    """Turn bars and notes off or on."""
    global _quiet  # noqa: PLW0603 - one switch per process, set by --quiet
    _quiet = quiet


def is_quiet() -> bool:
    """Whether bars and notes are off."""
    return _quiet


def start_notes(*, verbose: bool) -> None:
    """Show the library's log on stderr: warnings as notes; with `verbose`, everything."""
    logger = logging.getLogger("regtrack")
    logger.handlers = [_Notes()]
    logger.propagate = False
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)


class _Notes(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if not _quiet or record.levelno >= logging.ERROR:
            message = harmless(in_options(record.getMessage()))
            errors.print(f"[yellow]note:[/] {escape(message)}", highlight=False)


def print_error(message: str) -> None:
    """Print a user's mistake as one line."""
    errors.print(f"[bold red]error:[/] {escape(harmless(message))}", highlight=False)


def print_json(value: Any) -> None:
    """Print a result for scripts: nothing else goes to stdout."""
    print(json.dumps(value, indent=2))


def print_table(
    title: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Print a table on stdout; columns of numbers, except the first, are right-aligned."""
    body = [[harmless(str(cell)) for cell in row] for row in rows]
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for index, column in enumerate(columns):
        numeric = index > 0 and all(_NUMBER.match(row[index]) for row in body)
        table.add_column(column, justify="right" if numeric else "left", no_wrap=True)
    for row in body:
        table.add_row(*row)
    if console.is_terminal:
        console.print(table, soft_wrap=False)
    else:  # a pipe or a file gets the full width
        Console(width=_PIPE_WIDTH, **_PLAIN).print(table)


@contextmanager
def bars() -> Iterator[Progress]:
    """Progress on stderr: rich's bars on a terminal, occasional lines in a log file."""
    if _quiet:
        yield SILENT
    elif errors.is_terminal:
        with rich_bars(RichProgress) as (_, progress):
            yield progress
    else:
        yield _Lines()


@contextmanager
def rich_bars(kind: type[R], *, remain: bool = True) -> Iterator[tuple[R, Progress]]:
    """Bars on a terminal, shown by a kind of rich's progress.

    Args:
        kind: what shows them.
        remain: whether finished bars stay, except for the first one.
    """
    columns = [
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TaskProgressColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("[dim]{task.fields[note]}[/]"),
    ]
    with kind(*columns, console=errors) as rich:
        yield rich, _Bars(rich, remain=remain)


class _Rate(ProgressColumn):
    """Units per second, such as `1.4 Mbp/s`."""

    def render(self, task: RichTask) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{per_second(speed, task.fields['unit'])}" if speed else "", style="cyan")


def per_second(speed: float, unit: str) -> str:
    """A speed as text.

    >>> per_second(1_400_000, "bp")
    '1.4 Mbp/s'
    >>> per_second(12, "files")
    '12.0 files/s'
    >>> per_second(12_132.4, "blocks")
    '12,132 blocks/s'
    >>> per_second(3_200, "B")
    '3.2 kB/s'
    """
    if unit in {"bp", "B"}:
        for size, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
            if speed >= size:
                return f"{speed / size:.1f} {prefix}{unit}/s"
    return f"{speed:,.{0 if speed >= 100 else 1}f} {unit}/s"


class _BarTask:
    def __init__(self, rich: RichProgress, task: TaskID) -> None:
        self._rich, self._task = rich, task

    def advance(self, amount: float = 1, note: str | None = None) -> None:
        fields: dict[str, Any] = {} if note is None else {"note": escape(harmless(note))}
        self._rich.update(self._task, advance=amount, **fields)


class _Bars:
    def __init__(self, rich: RichProgress, *, remain: bool) -> None:
        self._rich, self._remain = rich, remain

    @contextmanager
    def task(self, description: str, total: float | None, unit: str) -> Iterator[Task]:
        task = self._rich.add_task(escape(description), total=total, unit=unit, note="")
        yield _BarTask(self._rich, task)
        if total is None:
            done = self._rich.tasks[self._rich.task_ids.index(task)].completed
            self._rich.update(task, total=done)
        if not self._remain and task > 0:
            self._rich.remove_task(task)


class _LineTask:
    """Progress for a log file: at most one line per ten seconds, and one at the end."""

    def __init__(self, description: str, total: float | None, unit: str) -> None:
        self._description, self._total, self._unit = description, total, unit
        self._done = 0.0
        self._note = ""
        self._start = self._said = time.monotonic()

    def advance(self, amount: float = 1, note: str | None = None) -> None:
        self._done += amount
        self._note = self._note if note is None else harmless(note)
        finished = self._total is not None and self._done >= self._total
        if time.monotonic() - self._said >= _PLAIN_SECONDS and not finished:
            self._said = time.monotonic()
            self.say()

    def say(self) -> None:
        seconds = max(time.monotonic() - self._start, 1e-9)
        speed = self._done / seconds
        parts = [f"{self._description}: {self._done:,.0f}"]
        if self._total:
            left = (self._total - self._done) / speed if speed else 0.0
            parts = [f"{self._description}: {self._done / self._total:.0%}"]
            parts.append(f"{left:.0f} s left" if left >= 1 else f"{seconds:.1f} s")
        parts += [per_second(speed, self._unit), self._note]
        errors.print(", ".join(filter(None, parts)), markup=False, highlight=False)


class _Lines:
    @contextmanager
    def task(self, description: str, total: float | None, unit: str) -> Iterator[Task]:
        task = _LineTask(description, total, unit)
        yield task
        task.say()


def given_lists(option: str, values: Sequence[str] | None) -> tuple[str, ...]:
    """The values of a repeatable option, each a name or a list of names; empty if not given.

    They are split where the names are known (see `regtrack.name_lists`).

    Raises:
        RegtrackError: an empty value, as from an unset variable; it does not mean "all".

    >>> given_lists("--chroms", ["chr1, chr2", "chrX"])
    ('chr1, chr2', 'chrX')
    """
    if not all(value.strip(", ") for value in values or ()):
        raise RegtrackError(f"{option} is empty; name something, or omit the option")
    return tuple(values or ())


def counted_text(receptive_field: int | None) -> str:
    """A theoretical receptive field (bp) as text; None: unbounded.

    >>> counted_text(10_810), counted_text(None)
    ('10,810', 'all that is read')
    """
    return "all that is read" if receptive_field is None else f"{receptive_field:,}"


def size_text(count: float) -> str:
    """A number of bytes as text.

    >>> size_text(3_200_000)
    '3.2 MB'
    """
    for size, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.1f} {prefix}B"
    return f"{count:.0f} B"


def taken_text(seconds: float) -> str:
    """A measured time as text.

    >>> [taken_text(seconds) for seconds in (0.24, 42.4, 200)]
    ['0.2 s', '42 s', '3 min 20 s']
    """
    return f"{seconds:.1f} s" if seconds < 10 else duration_text(seconds)


def duration_text(seconds: float) -> str:
    """An estimated time as text, with few digits.

    >>> [duration_text(seconds) for seconds in (0.2, 42, 200, 7_400)]
    ['1 s', '42 s', '3 min 20 s', '2 h 03 min']
    """
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
