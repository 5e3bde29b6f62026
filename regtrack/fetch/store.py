"""The output folder of a fetch: downloads in its work folder, and what is published of them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urldefrag

from regtrack.atomic import move_file, remove
from regtrack.disk_errors import disk_errors
from regtrack.errors import FastaError, FetchError, OutputError
from regtrack.fetch.archive import ArchiveError, extract
from regtrack.fetch.check import Published, WrongFileError, check_file, read_checksums
from regtrack.fetch.choose import ReferencePlan
from regtrack.fetch.download import UnavailableError, download
from regtrack.fetch.ledger import Entry, Ledger
from regtrack.fetch.meter import Meter
from regtrack.fetch.net import Net
from regtrack.fetch.parallel import each
from regtrack.fetch.partial import Partial
from regtrack.fetch.reference import make_reference
from regtrack.fetch.sources import Source
from regtrack.progress import Progress

WORK = "fetch.partial"
_INDEXES = (".gzi", ".fai")
_log = logging.getLogger(__name__)


class Store:
    """A folder that files are fetched into.

    Args:
        ledger: its record.
        net: the connections.
        jobs: downloads at once.
        overwrite: replace files that fetches did not write.
        progress: shows bytes.

    Attributes:
        fetched: files that came or were made.
        adopted: files that were there, without a record, and are what is published.
        failed: why files did not come.
    """

    def __init__(
        self, ledger: Ledger, net: Net, *, jobs: int, overwrite: bool, progress: Progress
    ) -> None:
        self.ledger, self.net, self.jobs, self.progress = ledger, net, jobs, progress
        self.folder = ledger.folder
        self.fetched: list[str] = []
        self.adopted: list[str] = []
        self.failed: dict[str, str] = {}
        self.overwrite = overwrite
        self._work = self.folder / WORK
        self._lists_folder = self._work / "checksums"
        self._lists: dict[str, Published] = {}
        self._checked: dict[str, str] = {}  # how parts of references were checked

    def entries(self) -> Iterator[Entry]:
        """The records of the files that came, were made or adopted."""
        return filter(None, map(self.ledger.entry, (*self.fetched, *self.adopted)))

    def check_references(self, plans: Sequence[ReferencePlan]) -> None:
        """Refuse to replace references by others.

        Raises:
            OutputError: one is there that was not made here, or of other chromosomes.
        """
        for plan in plans:
            path, entry = self.folder / plan.file, self.ledger.entry(plan.file)
            if not path.exists() or self.overwrite:
                continue
            urls = tuple(part.urls[0] for part in plan.parts)
            if entry is None or (entry.chroms, entry.urls) != (plan.chroms, urls):
                raise OutputError(
                    f"{path} is there already and holds other chromosomes, or was not made by "
                    "regtrack fetch; choose another `out`, or pass `overwrite=True` to replace it"
                )

    def download(
        self, sources: Sequence[Source], sizes: Mapping[str, int], parts: Collection[str]
    ) -> None:
        """Download files and publish them; parts of references stay in the work folder.

        Args:
            sources: the files.
            sizes: bytes, of those whose size is known.
            parts: the files that are parts.

        Raises:
            OutputError: a file cannot be written.
        """
        self._read_lists(sources)
        wanted = [one for one in sources if one.file in parts or not self._settle(one, sizes)]
        total = sum(sizes.get(one.file, 0) for one in wanted)
        with self.progress.task("Fetching", total or None, "B") as task:
            meter = Meter(task)
            for source, why in each(
                lambda one: self._one(one, meter, parts), wanted, self.net, self.jobs
            ):
                if why:
                    self.failed[source.file] = why
            self._from_archives([one for one in wanted if one.file in self.failed], meter, parts)

    def make(self, plan: ReferencePlan) -> None:
        """Make a reference of its parts, if all came."""
        lost = [part.file for part in plan.parts if part.file in self.failed]
        if lost:
            return
        made = self._work / "reference" / plan.file
        parts = [self._partial(part).path for part in plan.parts]
        try:
            make_reference(parts, plan.chroms, made, self.progress)
        except (FastaError, FetchError) as error:
            self.failed[plan.file] = str(error)
            for suffix in ("", *_INDEXES):
                remove(made.with_name(made.name + suffix))
            if isinstance(error, FastaError):  # else it only lacks a chromosome that was asked for
                self._drop(plan)
            return
        for suffix in (*_INDEXES, ""):  # the FASTA last, so that it is there with its indexes
            move_file(made.with_name(made.name + suffix), self.folder / (plan.file + suffix))
        self.ledger.add(
            plan.file,
            urls=tuple(part.urls[0] for part in plan.parts),
            checked=" and ".join(sorted({self._checked[part.file] for part in plan.parts})),
            chroms=plan.chroms,
        )
        self.fetched.append(plan.file)
        self._drop(plan)

    def _drop(self, plan: ReferencePlan) -> None:
        for part in plan.parts:
            self._partial(part).remove()

    def _partial(self, source: Source) -> Partial:
        return Partial(self._work / "files" / source.file)

    def begun(self, sources: Sequence[Source]) -> int:
        """Bytes of files that an earlier fetch left in the work folder."""
        return sum(self._partial(one).size for one in sources)

    def tidy(self) -> None:
        """Remove the work folder, unless something in it is for the next time."""
        remove(self._lists_folder)
        if not self.failed or not any(one.is_file() for one in self._work.rglob("*")):
            remove(self._work)

    def _settle(self, source: Source, sizes: Mapping[str, int]) -> bool:
        """Whether a file that is there without a record needs no download.

        It is either what is published, or somebody else's, which is not replaced.
        """
        path = self.folder / source.file
        if not path.exists() or self.ledger.entry(source.file) is not None or self.overwrite:
            return False
        try:
            with disk_errors(path):
                how = check_file(path, source, self._published(source), sizes.get(source.file))
            self.ledger.add(source.file, urls=source.urls[:1], checked=how)
            self.adopted.append(source.file)
        except WrongFileError as error:
            self.failed[source.file] = (
                f"a file of this name is there and is not what is published ({error}); move it "
                "away, or pass `overwrite=True`"
            )
        return True

    def _one(self, source: Source, meter: Meter, parts: Collection[str]) -> str:
        """Download a file and publish it; why that failed, or an empty text."""
        partial = self._partial(source)
        meter.at(source.file, partial.size)
        try:
            url, how = download(
                self.net,
                source,
                partial,
                published=self._published(source),
                at=lambda size: meter.at(source.file, size),
            )
        except UnavailableError as error:
            return str(error)
        self.net.check_running()
        self._keep(source, partial, url, how, parts)
        return ""

    def _keep(
        self, source: Source, partial: Partial, url: str, how: str, parts: Collection[str]
    ) -> None:
        """Publish a file that is complete, unless it is a part of a reference."""
        if source.file in parts:
            self._checked[source.file] = how
            return
        move_file(partial.path, self.folder / source.file)
        partial.remove()
        self.ledger.add(source.file, urls=(url,), checked=how)
        self.fetched.append(source.file)

    def _from_archives(
        self, sources: Sequence[Source], meter: Meter, parts: Collection[str]
    ) -> None:
        """Take files that did not come from the archives that hold them."""
        archives = dict.fromkeys(urldefrag(url)[0] for one in sources for url in one.archives)
        for address in archives:
            held = {
                urldefrag(url)[1]: one
                for one in sources
                for url in one.archives
                if urldefrag(url)[0] == address and one.file in self.failed
            }
            if held:
                _log.warning(
                    "%s files did not come from their own servers; fetching the archive %s",
                    f"{len(held):,}", address,
                )  # fmt: skip
                self._from_archive(address, held, meter, parts)

    def _from_archive(
        self, address: str, held: Mapping[str, Source], meter: Meter, parts: Collection[str]
    ) -> None:
        whole = Source(address.rpartition("/")[2], (address,))
        folder = self._work / "archive"
        partial = Partial(folder / whole.file)
        try:
            download(
                self.net, whole, partial, published={}, at=lambda size: meter.at(address, size)
            )
            reasons = dict.fromkeys((one.file for one in held.values()), "the archive lacks it")
            for source, path in extract(partial.path, held, folder):
                reasons[source.file] = self._of_archive(source, path, address, parts)
        except (UnavailableError, ArchiveError) as error:
            if isinstance(error, ArchiveError):
                partial.remove()  # the next fetch needs another one
            reasons = dict.fromkeys((one.file for one in held.values()), str(error))
        for file, why in reasons.items():
            if why:
                self.failed[file] += f"; {whole.file}: {why}"
            else:
                del self.failed[file]

    def _of_archive(self, source: Source, path: Path, address: str, parts: Collection[str]) -> str:
        """Publish a member of an archive; why it cannot be, or an empty text."""
        try:
            how = check_file(path, source, self._published(source))
        except WrongFileError as error:
            return str(error)
        partial = self._partial(source)
        partial.remove()
        move_file(path, partial.path)
        self._keep(source, partial, address, how, parts)
        return ""

    def _published(self, source: Source) -> Published:
        return self._lists.get(source.checksum_list, {})

    def _read_lists(self, sources: Sequence[Source]) -> None:
        """Read the published lists of checksums; without one, a file is checked by less."""
        addresses = dict.fromkeys(
            one.checksum_list for one in sources if one.checksum_list and not one.checksum
        )
        for number, address in enumerate(addresses):
            partial = Partial(self._lists_folder / str(number))
            partial.remove()
            try:
                download(
                    self.net, Source("checksums", (address,)), partial, published={}, at=_unseen
                )
                self._lists[address] = read_checksums(partial.path)
            except (UnavailableError, FetchError) as error:
                _log.warning(
                    "no published checksums at %s (%s): sizes and contents are checked instead",
                    address, error,
                )  # fmt: skip


def _unseen(_size: int) -> None:
    """Progress of a file too small to show."""
