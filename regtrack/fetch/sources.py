"""The table of sources: which file lies where, how it is checked, and what to cite for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from regtrack.errors import FetchError, nearest
from regtrack.files.shown import shown
from regtrack.files.text import Text
from regtrack.labels.manifest import marker_names
from regtrack.labels.marker import Marker

BUILT_IN = Path(__file__).with_name("sources.tsv")
COLUMNS = (
    "collections", "file", "urls", "size", "checksum", "checksum_list", "assembly", "chrom", "name",
    "category", "biosample", "target", "treatment", "citation",
)  # fmt: skip
WHOLE = "*"  # as chrom: all of an assembly in one file
DIGESTS = {"md5": 32, "sha1": 40, "sha256": 64}  # hexadecimal digits
OWN_NAMES = {"markers.tsv", "fetch.json", "SHA256SUMS", "fetch.partial"}
_MARKED = ("category", "biosample", "target")


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be fetched.

    Attributes:
        file: its path in the output folder, with slashes.
        urls: where it lies, in the order to try; one with a fragment (`all.tar.gz#name`) is the
            member of that name of an archive.
        collections: the names by which it is asked for.
        size: bytes; None if unknown.
        checksum: as published, such as `md5:900150983cd24fb0d6963f7d28e17f72`; empty for none.
        checksum_list: URL of a published list of checksums with this file in it; empty for none.
        assembly: that it belongs to; empty for any.
        chrom: that it is the sequence of; `*` for all of the assembly, empty for other files.
        marker: whose peaks it holds; None for other files.
        citation: what to cite.
    """

    file: str
    urls: tuple[str, ...]
    collections: tuple[str, ...] = ()
    size: int | None = None
    checksum: str = ""
    checksum_list: str = ""
    assembly: str = ""
    chrom: str = ""
    marker: Marker | None = None
    citation: str = ""

    @property
    def servers(self) -> tuple[str, ...]:
        """The URLs of the file itself."""
        return tuple(url for url in self.urls if not urlsplit(url).fragment)

    @property
    def archives(self) -> tuple[str, ...]:
        """The URLs of archives that hold it, with its name there as the fragment."""
        return tuple(url for url in self.urls if urlsplit(url).fragment)


def read_sources(table: Path = BUILT_IN) -> tuple[Source, ...]:
    """Read a table of sources: tab-separated, with a header and one row per file.

    Needed are the columns `collections` and `urls`; several values are separated by blanks. The
    others, `COLUMNS`, may be left out or empty: `file` is then the last part of the first URL.

    Raises:
        FetchError: no such table, or a row that cannot be used.
        MarkerError: a marker without a name that is safe in file names, or with that of another.
    """
    rows: list[dict[str, str]] = []
    columns: list[str] = []
    with Text(table, "table of sources", FetchError) as text:
        for number, line in text:
            cells = [cell.strip() for cell in line.decode().split("\t")]
            if line.startswith(b"#"):
                continue
            if not columns:
                columns = _columns(table, cells)
                continue
            if len(cells) > len(columns):
                raise text.refused(number, line, f"expected at most {len(columns)} columns")
            row = dict.fromkeys(COLUMNS, "") | dict(zip(columns, cells, strict=False))
            rows.append(row | {"line": f"{number:,}"})
    if not rows:
        raise FetchError(f"{table} names no file; expected a header and one row per file")
    return _sources(table, rows)


def _columns(table: Path, cells: Sequence[str]) -> list[str]:
    columns = [cell.lower() for cell in cells]
    for name in ("collections", "urls"):
        if name not in columns:
            raise FetchError(
                f"{table} has no column {name}; found {shown(', '.join(cells), 200)}; expected "
                f"a tab-separated header{nearest(name, columns)}"
            )
    return columns


def _sources(table: Path, rows: Sequence[dict[str, str]]) -> tuple[Source, ...]:
    for row in rows:
        row["treatment"] = "" if row["treatment"] == "None" else row["treatment"]
        row["where"] = f"{table} line {row['line']}"
        if any(row[name] for name in _MARKED) and not all(row[name] for name in _MARKED):
            raise FetchError(
                f"{row['where']} has only some of category, biosample and target; expected all "
                "for a peak file, and none for other files"
            )
    marked = [row for row in rows if row["category"]]
    for row, name in zip(marked, marker_names(table, marked), strict=True):
        row["name"] = name
    found = tuple(map(_source, rows))
    seen: dict[str, str] = {}
    for row, source in zip(rows, found, strict=True):
        other = seen.setdefault(source.file, row["where"])
        if other != row["where"]:
            raise FetchError(f"{row['where']} names the file {shown(source.file)} of {other} again")
    return found


def _source(row: dict[str, str]) -> Source:
    where = row["where"]
    urls = tuple(row["urls"].split())
    for url in (*urls, *filter(None, [row["checksum_list"]])):
        _check_url(where, url)
    if not urls or not row["collections"]:
        raise FetchError(f"{where} lacks collections or urls; expected both in every row")
    file = row["file"] or PurePosixPath(urlsplit(urls[0]).path).name
    _check_file(where, file)
    if row["size"] and not row["size"].isdecimal():
        raise FetchError(f'{where} has the size "{shown(row["size"])}"; expected bytes')
    if row["chrom"] and not row["assembly"]:
        raise FetchError(f"{where} has a chrom but no assembly; expected one, such as hg19")
    return Source(
        file=file,
        urls=urls,
        collections=tuple(row["collections"].split()),
        size=int(row["size"]) if row["size"] else None,
        checksum=_checksum(where, row["checksum"]),
        checksum_list=row["checksum_list"],
        assembly=row["assembly"],
        chrom=row["chrom"],
        marker=_marker(row) if row["category"] else None,
        citation=row["citation"],
    )


def _marker(row: dict[str, str]) -> Marker:
    parts = (row[name] for name in ("name", "category", "biosample", "target", "treatment"))
    return Marker(*parts)


def _check_url(where: str, url: str) -> None:
    try:
        known = urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).hostname)
    except ValueError:
        known = False
    if not known:
        raise FetchError(f'{where} has the URL "{shown(url)}"; expected http:// or https://')


def _check_file(where: str, file: str) -> None:
    """Refuse a path that leads out of the output folder, or to what is written there besides."""
    parts = file.split("/")
    if any(part in {"", ".", ".."} for part in parts) or parts[0] in OWN_NAMES or "\\" in file:
        raise FetchError(
            f'{where} has the file "{shown(file)}"; expected a path in the output folder, other '
            f"than {', '.join(sorted(OWN_NAMES))}"
        )


def _checksum(where: str, text: str) -> str:
    name, _, digits = text.lower().partition(":")
    if text and (len(digits) != DIGESTS.get(name) or not set(digits) <= set("0123456789abcdef")):
        raise FetchError(
            f'{where} has the checksum "{shown(text)}"; expected md5:, sha1: or sha256: and its '
            "hexadecimal digits"
        )
    return text.lower()
