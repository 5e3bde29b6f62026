"""The markers table: which peak file labels which marker."""

from __future__ import annotations

import csv
import itertools
import os
import re
import stat
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from regtrack.errors import MarkerError, nearest
from regtrack.files.shown import listed, shown
from regtrack.files.text import Text
from regtrack.labels.marker import Marker

_COLUMNS = ("file", "url", "category", "biosample", "cell", "target", "treatment", "name")
_MOST = 1 << 16  # rows: labels number their markers in 16 bits
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_UNSAFE = re.compile(r"[^A-Za-z0-9.+-]+")
_Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class MarkerFile:
    """A marker and the file that holds its peaks."""

    marker: Marker
    path: Path


def read_markers(table: Path, peaks_folder: Path | None = None) -> tuple[MarkerFile, ...]:
    """Read a markers table: tab-separated, with a header and one row per marker.

    Columns, in any case: `file` (a path relative to the peaks folder) or `url` (its last part is
    looked up there); `category`; `biosample` or `cell`; `target`; and optionally `treatment`
    (`None` for none) and `name`. Others are ignored. Cells may be in double quotes, and the header
    may begin with `#`. Without a `name`, a marker is called `{biosample}_{target}`, plus
    `_{treatment}` if it has one; names already taken get `_2`, `_3` in the order of the table.

    Args:
        table: the TSV.
        peaks_folder: folder of the peak files; default: the folder of the table.

    Raises:
        MarkerError: no table, a column or value missing, a duplicate file or name, or peak files
            that are not there or are folders.
    """
    rows = _read_rows(table)
    folder = peaks_folder or (table.parent if table.is_file() else Path())  # a pipe has no folder
    paths = [_locate(table, folder, row) for row in rows]
    _check_once(table, "peak file", [str(path) for path in paths], key=_file)
    _check_there(table, folder, paths)
    names = marker_names(table, rows)
    return tuple(
        MarkerFile(_marker(name, row), path)
        for name, row, path in zip(names, rows, paths, strict=True)
    )


def read_marker_names(table: Path) -> tuple[Marker, ...]:
    """The markers of a table, in order, without looking for their peak files; see `read_markers`.

    Raises:
        MarkerError: no table, a column or value missing, or a duplicate name.
    """
    rows = _read_rows(table)
    return tuple(map(_marker, marker_names(table, rows), rows))


def _read_rows(table: Path) -> list[_Row]:
    """The rows as dicts; `line`, `biosample`, `treatment` and `name` are always present."""
    columns: list[str] = []
    rows: list[_Row] = []
    with Text(table, "markers table", MarkerError) as text:
        for number, line in text:
            cells = _cells(text, number, line)
            if not columns:
                cells[0] = cells[0].removeprefix("#").lstrip()  # as headers of BED and VCF begin
                columns = [cell.lower() for cell in cells]
                _check_columns(table, columns, cells, text.note())
            else:
                if len(rows) == _MOST:
                    raise text.refused(number, line, f"a dataset has at most {_MOST:,} markers")
                rows.append(_row(table, number, columns, cells))
    if not columns:
        _check_columns(table, columns, columns)
    if not rows:
        raise MarkerError(f"{table} names no marker; expected a header and one row per marker")
    return rows


def _cells(text: Text, number: int, line: bytes) -> list[str]:
    """The cells of a line; spreadsheets and R put quotes around some or all of them."""
    cells = line.decode().split("\t")
    if b'"' in line:
        try:
            (cells,) = csv.reader([line.decode()], delimiter="\t", strict=True)
        except csv.Error:
            raise text.refused(
                number, line, "a quote does not end with its cell; a cell is one line"
            ) from None
    return [cell.strip() for cell in cells]


def _check_columns(
    table: Path, columns: Sequence[str], cells: Sequence[str], note: str = ""
) -> None:
    twice = next((name for name in _COLUMNS if columns.count(name) > 1), None)
    if twice:
        raise MarkerError(f"{table} has {columns.count(twice)} columns {twice}; expected one")
    for choices in (("file", "url"), ("category",), ("biosample", "cell"), ("target",)):
        if not set(choices) & set(columns):
            found = shown(", ".join(cells) or "nothing", 200)
            raise MarkerError(
                f"{table} has no column {' or '.join(choices)}; found {found}; expected a "
                f"tab-separated header{nearest(choices[0], [shown(name) for name in columns])}"
                f"{note}"
            )


def _row(table: Path, number: int, columns: Sequence[str], cells: Sequence[str]) -> _Row:
    if len(cells) > len(columns):
        raise MarkerError(
            f"{table} line {number} has {len(cells)} columns; the header has {len(columns)}"
        )
    row = dict(zip(columns, cells, strict=False))
    row["line"] = f"{number:,}"
    row["source"] = row.get("file") or row.get("url") or ""
    row["biosample"] = row.get("biosample") or row.get("cell") or ""
    row["treatment"] = "" if row.get("treatment", "None") == "None" else row["treatment"]
    row.setdefault("name", "")
    for column in ("source", "category", "biosample", "target"):
        if not row.get(column):
            shown = "file or url" if column == "source" else column
            raise MarkerError(f"{table} line {number} has no {shown}; expected one in every row")
    return row


def _locate(table: Path, folder: Path, row: _Row) -> Path:
    """Path of a row's peak file: as the table says; only of a URL, the last part is looked up."""
    source = row["source"]
    if not _URL.match(source):
        return folder / source
    where = f'{table} line {row["line"]}: the URL "{shown(source)}"'
    if row.get("file"):
        raise MarkerError(f"{where} is in column file; expected a path there, and URLs in url")
    try:
        name = Path(unquote(urlsplit(source).path)).name
    except ValueError:
        name = ""
    if not name:
        raise MarkerError(f"{where} names no file; expected one as its last part")
    return folder / name


def _file(path: str) -> str:
    """What is equal for all paths and links, also hard ones, of one file."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return path
    return f"{found.st_dev}:{found.st_ino}"


def _check_once(
    table: Path, what: str, values: Sequence[str], key: Callable[[str], str] = str
) -> None:
    seen: dict[str, int] = {}
    for number, value in enumerate(values, 1):
        first = seen.setdefault(key(value), number)
        if first != number:
            raise MarkerError(
                f"{table} names the {what} {shown(value, 300)} twice, for markers {first} and "
                f"{number}; "
                "each marker needs its own"
            )


def _check_there(table: Path, folder: Path, paths: Sequence[Path]) -> None:
    folders = [_within(folder, path) for path in paths if os.path.isdir(path)]  # noqa: PTH112
    if folders:
        raise MarkerError(
            f"{table} names {listed(folders, most=3)} in {shown(folder)}: a folder, not a peak "
            "file; name the file itself"
        )
    missing = [_within(folder, path) for path in paths if not _is_there(path)]
    if missing and not os.path.isdir(folder):  # noqa: PTH112
        raise MarkerError(f"no folder of peak files at {folder}; check `peaks_folder`")
    if missing:
        raise MarkerError(
            f"{folder} lacks {len(missing)} of the {len(paths)} peak files that {table} names: "
            f"{listed(missing, most=3)}; put them there, or name their folder with "
            "`peaks_folder`"
        )


def _is_there(path: Path) -> bool:
    """Whether there is a file or a pipe, or something in a folder that may not be looked into."""
    try:
        return not stat.S_ISDIR(os.stat(path).st_mode)  # noqa: PTH116
    except PermissionError:
        return True  # reading it says why that fails
    except (OSError, ValueError):  # also if the name is impossible
        return False


def _within(folder: Path, path: Path) -> str:
    """A path as the table has it."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def marker_names(table: Path, rows: Sequence[Mapping[str, str]]) -> list[str]:
    """One name per row: given names unchanged, derived names numbered if already taken.

    Names that differ only in case count as equal, as some file systems treat them so.

    Args:
        table: the file with the rows, for messages.
        rows: with `line` (its number), `name` (empty: to be derived), `biosample`, `target` and
            `treatment`.

    Raises:
        MarkerError: a name given twice, or nothing to derive one from.
    """
    given = [row["name"] for row in rows if row["name"]]
    _check_once(table, "marker", given, key=str.lower)
    wanted = [row["name"] or _derived(row) for row in rows]
    nameless = next((row for row, name in zip(rows, wanted, strict=True) if not name), None)
    if nameless is not None:
        raise MarkerError(
            f"{table} line {nameless['line']}: neither biosample nor target has a letter of A-Z or "
            "a digit to name the marker by; add a column name"
        )
    spoken_for = {name.lower() for name in wanted}
    taken = {name.lower() for name in given}
    names = []
    for row, want in zip(rows, wanted, strict=True):
        name = want if row["name"] else _free(want, taken, spoken_for)
        taken.add(name.lower())
        names.append(name)
    return names


def _free(name: str, taken: Collection[str], spoken_for: Collection[str]) -> str:
    """The name, or the first of name_2, name_3, ... that is neither taken nor given elsewhere."""
    if name.lower() not in taken:
        return name
    numbered = (f"{name}_{number}" for number in itertools.count(2))
    return next(
        name for name in numbered if name.lower() not in taken and name.lower() not in spoken_for
    )


def _derived(row: Mapping[str, str]) -> str:
    parts = (row["biosample"], row["target"], row["treatment"])
    safe = (_UNSAFE.sub("-", part).strip("-") for part in parts)
    return "_".join(part for part in safe if part).lstrip("._+-")


def _marker(name: str, row: _Row) -> Marker:
    return Marker(name, row["category"], row["biosample"], row["target"], row["treatment"])
