"""Fetch collections of public data into a folder: only what is missing or damaged."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from regtrack.atomic import reserve
from regtrack.errors import RegtrackError, invalid
from regtrack.fetch.choose import Choice, FetchRequest, ReferencePlan, choose
from regtrack.fetch.ledger import RECORD, SUMS, Ledger
from regtrack.fetch.markers_table import TABLE, check_table, write_table
from regtrack.fetch.net import Net
from regtrack.fetch.probe import check_online, probe
from regtrack.fetch.sources import Source
from regtrack.fetch.store import Store
from regtrack.fetch.summary import Failure, FetchPlan, FetchSummary, PlannedFile
from regtrack.machine.disk import check_disk
from regtrack.progress import SILENT, Progress

_MOST_JOBS = 32  # more at once than any archive likes
_PACKED = 1.4  # bytes of a bgzip FASTA per byte of its 2bit file: 1.33 on 10 Mb of hg38
_log = logging.getLogger(__name__)


def plan_fetch(
    request: FetchRequest,
    out: str | Path,
    *,
    jobs: int = 4,
    net: Net | None = None,
    progress: Progress = SILENT,
) -> FetchPlan:
    """What `fetch_data` would download, with sizes; nothing is written.

    Arguments are those of `fetch_data`. Without a network, unknown sizes stay unknown.

    Raises:
        FetchError, MarkerError: see `fetch_data`.
    """
    _check_jobs(jobs)
    choice = choose(request)
    ledger = Ledger(Path(out))
    needed, there = _state(choice, ledger, progress)
    with net or Net() as opened:
        found = probe(opened, needed, jobs, progress)
    files = tuple(
        PlannedFile(one.file, found.sizes.get(one.file), one.urls[0], there=False) for one in needed
    )
    kept = tuple(PlannedFile(file, _size(ledger, file), "", there=True) for file in there)
    return FetchPlan(Path(out), files + kept, choice.citations, found.silent)


def fetch_data(
    request: FetchRequest,
    out: str | Path,
    *,
    jobs: int = 4,
    overwrite: bool = False,
    net: Net | None = None,
    progress: Progress = SILENT,
) -> FetchSummary:
    """Fetch collections of public data.

    Files are downloaded in parallel under temporary names, resumed where they were cut off, checked
    and then renamed. Peak files come with a markers table, chromosomes become one bgzip FASTA.

    Args:
        request: what to fetch.
        out: folder to write; files that are there and as they were recorded are kept.
        jobs: downloads at once.
        overwrite: replace files that fetches did not write.
        net: connections; default: patient ones.
        progress: shows bytes.

    Returns:
        What came, what was there, and what failed and why.

    Raises:
        FetchError: an unknown name, a broken table of sources, or no network.
        MarkerError: a glob that matches nothing.
        OutputError: another process fetches into the folder, it cannot be written, or the disk is
            too full.
    """
    began = time.monotonic()
    _check_jobs(jobs)
    choice = choose(request)
    folder = Path(out)
    with reserve([folder / RECORD, folder / SUMS], overwrite=True), net or Net() as opened:
        store = Store(Ledger(folder), opened, jobs=jobs, overwrite=overwrite, progress=progress)
        kept = _fill(store, choice)
    return FetchSummary(
        out=folder,
        fetched=tuple(store.fetched),
        kept=(*kept, *store.adopted),
        failed=tuple(Failure(file, why) for file, why in sorted(store.failed.items())),
        bytes=sum(_size(store.ledger, file) or 0 for file in store.fetched),
        checked=dict(Counter(entry.checked for entry in store.entries() if entry.checked)),
        seconds=time.monotonic() - began,
        citations=choice.citations,
        references=tuple(plan.file for plan in choice.references),
        markers=TABLE if any(one.marker for one in choice.files) else "",
    )


def _fill(store: Store, choice: Choice) -> tuple[str, ...]:
    """Fetch what is missing; the files that were there."""
    marked = [one for one in choice.files if one.marker]
    if marked:
        check_table(store.ledger, overwrite=store.overwrite)
    needed, kept = _state(choice, store.ledger, store.progress)
    try:
        _fetch(store, choice, needed, kept)
        _write_markers(store, marked)
    finally:
        store.ledger.write()
    store.tidy()
    return kept


def _check_jobs(jobs: int) -> None:
    if not 1 <= jobs <= _MOST_JOBS:
        raise RegtrackError(invalid("jobs", jobs, f"1 to {_MOST_JOBS}"))


def _size(ledger: Ledger, file: str) -> int | None:
    entry = ledger.entry(file)
    return entry.bytes if entry else None


def _state(
    choice: Choice, ledger: Ledger, progress: Progress
) -> tuple[list[Source], tuple[str, ...]]:
    """The files to download, and those that are there."""
    needed: list[Source] = []
    kept: list[str] = []
    total = sum(_size(ledger, file) or 0 for file in _outputs(choice))
    shown = progress if total else SILENT
    with shown.task("Checking what is there", total, "B") as task:
        for one in choice.files:
            (kept.append(one.file) if ledger.holds(one.file) else needed.append(one))
            task.advance(_size(ledger, one.file) or 0)
        for plan in choice.references:
            if _is_made(plan, ledger):
                kept.append(plan.file)
            else:
                needed += plan.parts
            task.advance(_size(ledger, plan.file) or 0)
    return needed, tuple(kept)


def _outputs(choice: Choice) -> list[str]:
    return [one.file for one in choice.files] + [plan.file for plan in choice.references]


def _is_made(plan: ReferencePlan, ledger: Ledger) -> bool:
    entry = ledger.entry(plan.file)
    urls = tuple(part.urls[0] for part in plan.parts)
    return (
        entry is not None
        and (entry.chroms, entry.urls) == (plan.chroms, urls)
        and ledger.holds(plan.file)
    )


def _fetch(store: Store, choice: Choice, needed: Sequence[Source], kept: Sequence[str]) -> None:
    if not needed:
        return
    plans = [plan for plan in choice.references if plan.file not in kept]
    store.check_references(plans)
    found = probe(store.net, needed, store.jobs, store.progress)
    check_online(found)
    parts = sum(found.sizes.get(part.file, 0) for plan in plans for part in plan.parts)
    total = sum(found.sizes.values()) + int(_PACKED * parts) - store.begun(needed)
    check_disk(
        store.folder / RECORD, total, "choose fewer markers or chromosomes, or another `out`"
    )
    store.download(needed, found.sizes, {part.file for plan in plans for part in plan.parts})
    for plan in plans:
        store.make(plan)


def _write_markers(store: Store, marked: Sequence[Source]) -> None:
    """Write the table of the peak files that are there."""
    there = [one for one in marked if one.file not in store.failed]
    if not there:
        return
    if len(there) < len(marked):
        _log.warning(
            "%s names the %s of %s peak files that are there",
            store.folder / TABLE, f"{len(there):,}", f"{len(marked):,}",
        )  # fmt: skip
    write_table(store.ledger, there)
