"""Markers, and selecting markers by name."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Self

from regtrack.errors import MarkerError, nearest
from regtrack.files.shown import shown
from regtrack.name_lists import split_names

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_CATEGORY = "category:"


@dataclass(frozen=True, slots=True)
class Marker:
    """A column of the labels: one assay of one target in one biosample.

    Attributes:
        name: unique in its dataset and safe as part of a file name, such as `GM12878_CTCF`.
        category: the kind of assay; the paper's are `TF`, `histone` and `DNase`.
        biosample: the cell type or tissue.
        target: the protein, modification or assay.
        treatment: of the biosample; empty for none.

    Raises:
        MarkerError: a name that is not safe in file names, or no category.
    """

    name: str
    category: str
    biosample: str
    target: str
    treatment: str = ""

    def __post_init__(self) -> None:
        if not _SAFE.fullmatch(self.name):
            raise MarkerError(
                f'"{shown(self.name)}" cannot name a marker; expected letters, digits and '
                ". _ + - with a letter or digit first, since it becomes part of file names"
            )
        if not self.category.strip():
            raise MarkerError(f"marker {self.name} has no category; expected one, such as TF")

    def to_dict(self) -> dict[str, str]:
        """The fields, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, str]) -> Self:
        """The marker that `to_dict` wrote.

        Raises:
            MarkerError: a field is missing.
        """
        known = {field.name for field in fields(cls)}
        missing = known - values.keys() - {"treatment"}
        if missing:
            raise MarkerError(f"a marker lacks {', '.join(sorted(missing))}; found {dict(values)}")
        return cls(**{name: value for name, value in values.items() if name in known})


def select_markers(markers: Sequence[Marker], globs: Sequence[str] | str) -> list[int]:
    """The positions of the markers that match any glob, in the order of the markers.

    A glob is matched against the name as in a shell (`*CTCF`), ignoring case; `category:histone`
    matches against the category instead. An empty sequence selects every marker; a string is one
    glob, or several separated by commas.

    Raises:
        MarkerError: a glob that matches nothing.

    >>> ctcf = Marker("GM12878_CTCF", "TF", "GM12878", "CTCF")
    >>> dnase = Marker("K562_DNase", "DNase", "K562", "DNase")
    >>> select_markers([ctcf, dnase], ["*ctcf"])
    [0]
    >>> select_markers([ctcf, dnase], ["category:DNase", "GM*"])
    [0, 1]
    """
    lists = [globs] if isinstance(globs, str) else globs
    if not lists:
        return list(range(len(markers)))
    chosen: set[int] = set()
    for glob in split_names(
        lists,
        {marker.category for marker in markers},  # the only names that may hold commas
        lambda glob: any(_matches(marker, glob) for marker in markers),
    ):
        matches = {index for index, marker in enumerate(markers) if _matches(marker, glob)}
        if not matches:
            raise _no_match(glob, markers)
        chosen |= matches
    return sorted(chosen)


def find_row(names: Sequence[str], name: str, where: str = "") -> int:
    """The position of the marker of exactly this name.

    Args:
        names: the markers' names.
        name: the one looked for.
        where: the file that they are of, for the message.

    Raises:
        MarkerError: there is none.

    >>> find_row(["GM12878_CTCF", "K562_DNase"], "K562_DNase")
    1
    """
    if name not in names:
        raise MarkerError(
            f'no marker {f"of {where} " if where else ""}is called "{name}" among {len(names)}, '
            f"the first of which is {names[0]}{nearest(name, names)}"
        )
    return list(names).index(name)


def _matches(marker: Marker, glob: str) -> bool:
    pattern = glob.lower()
    if pattern.startswith(_CATEGORY):
        return fnmatch.fnmatchcase(marker.category.lower(), pattern.removeprefix(_CATEGORY))
    return fnmatch.fnmatchcase(marker.name.lower(), pattern)


def _no_match(glob: str, markers: Sequence[Marker]) -> MarkerError:
    if not markers:
        return MarkerError(
            f'no marker matches "{glob}", since the inputs have none to choose from; omit it'
        )
    categories = sorted({marker.category for marker in markers})
    if glob.lower().startswith(_CATEGORY):
        found = ", ".join(categories)
        return MarkerError(f'no marker matches "{glob}"; the categories are {found}')
    targets = sorted({f"*{marker.target}" for marker in markers})
    hint = nearest(glob, [*targets, *(marker.name for marker in markers)])
    return MarkerError(
        f'no marker matches "{glob}"; there are {len(markers)} markers, the first '
        f"{markers[0].name}{hint}"
    )
