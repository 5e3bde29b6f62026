"""Names and looks of models: one rule for figures, dashboard, sessions and tables.

A colour belongs to a network, not to its position in a list. The hues are those of Okabe and Ito
(2008, "Color Universal Design"), some darkened for contrast on white; on a dark ground each is
lightened. Dash patterns distinguish models without colour.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

TITLES = {
    "cnn1": "CNN1",
    "cnn3": "CNN3",
    "cnn7": "CNN7",
    "id-cnn": "ID-CNN",
    "dilated": "DILATED",
    "bi-lstm": "BI-LSTM",
    "hybrid": "HYBRID",
    "deepsea": "CNN3 (DeepSEA)",
    "danq": "BI-LSTM (DanQ)",
    "dilated6": "DILATED6",
}
"""Titles of regtrack's networks; any other network keeps its own name."""

NO_MODEL = "#5b6675"
"""The colour on white of tracks without a model."""

OKABE_ITO = {
    "black": "#000000",
    "blue": "#0072b2",
    "vermillion": "#d55e00",
    "green": "#009e73",
    "purple": "#cc79a7",
    "orange": "#e69f00",
    "sky": "#56b4e9",
    "yellow": "#f0e442",
}
"""Okabe and Ito's colours, distinct to colour-blind readers; darkest first."""

# shades of each hue, the main one first: on white, and on a dark ground
_HUES: dict[str, tuple[tuple[str, str, str], tuple[str, str, str]]] = {
    "blue": ((OKABE_ITO["blue"], "#00527f", "#003756"), (OKABE_ITO["sky"], "#8fcff3", "#c2e5f9")),
    "vermillion": (
        (OKABE_ITO["vermillion"], "#b84700", "#862f00"),
        ("#ff8b45", "#ffab78", "#ffd5bd"),
    ),
    "green": ((OKABE_ITO["green"], "#007354", "#004d38"), ("#2fc99c", "#80e0c4", "#bdf0e1")),
    "purple": (("#a8538a", "#823d6a", "#5c2949"), ("#e19ec3", "#edc1d9", "#f6dfeb")),
    "orange": (("#b37700", "#875a00", "#5e3f00"), ("#f0b429", "#f5cd73", "#fae3b3")),
    "black": (("#333333", "#5e5e5e", "#858585"), ("#dddddd", "#b8b8b8", "#949494")),
    "yellow": (("#857a00", "#625a00", "#423d00"), (OKABE_ITO["yellow"], "#f5ec80", "#faf5b8")),
    "sky": (("#3a8fbf", "#2b7099", "#1d5170"), ("#9ad4f5", "#bce3f9", "#dbf0fc")),
}
_SHADES = 3

Dashes = tuple[float, ...]
"""Lengths on and off, in line widths; empty for a solid line."""

_SOLID: Dashes = ()
_LONG = (8, 2)
_DASHED = (4, 1.3)
_DOTTED = (1, 1.1)
_DASH_DOT = (5, 1.2, 1, 1.2)
_GAPPED = (2, 2)
_DASH_DOT_DOT = (6, 1.2, 1, 1.2, 1, 1.2)
_LONG_DOT = (10, 1.2, 1, 1.2)
_DASH_DASH_DOT = (5, 1.2, 5, 1.2, 1, 1.2)
_PATTERNS: tuple[Dashes, ...] = (
    _SOLID, _LONG, _DASHED, _DOTTED, _DASH_DOT, _GAPPED, _DASH_DOT_DOT, _LONG_DOT,
    _DASH_DASH_DOT,
)  # fmt: skip

# marks on lines that are overlaid: in grey, dashes alone are told apart with effort
_SYMBOLS = (
    "", "triangle-down", "circle", "square", "cross", "x", "triangle-up", "star", "diamond",
)  # fmt: skip
_WEIGHTS = (1.5, 0.9, 1.0, 1.0, 0.9, 1.0, 0.9, 1.1, 1.1)  # of lines, by pattern


class _Look(NamedTuple):
    hue: str
    shade: int
    dashes: Dashes


# by network and pooling
_LOOKS = {
    ("cnn1", "none"): _Look("black", 0, _GAPPED),
    ("cnn3", "none"): _Look("purple", 0, _DASH_DOT),
    ("cnn7", "none"): _Look("blue", 0, _DASHED),
    ("id-cnn", "none"): _Look("orange", 0, _DASH_DOT_DOT),
    ("dilated", "none"): _Look("vermillion", 0, _SOLID),
    ("dilated", "max"): _Look("vermillion", 1, _LONG),
    ("dilated", "dilated"): _Look("vermillion", 2, _LONG_DOT),
    ("bi-lstm", "none"): _Look("green", 0, _DOTTED),
    ("hybrid", "none"): _Look("yellow", 0, _DASH_DASH_DOT),
    # each like its relative among the networks of long windows
    ("deepsea", "none"): _Look("purple", 1, _DASH_DOT),
    ("danq", "none"): _Look("green", 1, _DOTTED),
    ("dilated6", "none"): _Look("vermillion", 1, _SOLID),
}
_LEFT_OVER = ("sky",)  # hues of other networks


@dataclass(frozen=True, slots=True)
class ModelStyle:
    """The name and look of one model.

    Attributes:
        id: short, for addresses and files.
        title: for readers.
        light: its colour on white, `#rrggbb`.
        dark: its colour on a dark ground.
        dashes: of its line.
    """

    id: str
    title: str
    light: str
    dark: str
    dashes: Dashes = ()

    @property
    def pixels(self) -> tuple[int, ...]:
        """The dashes of a line that is 1 to 2 pixels wide."""
        return tuple(max(2, round(1.6 * length)) for length in self.dashes)

    @property
    def symbol(self) -> str:
        """The mark of its line, in Plotly's words; empty for none."""
        return _SYMBOLS[_PATTERNS.index(self.dashes)] if self.dashes in _PATTERNS else ""

    @property
    def weight(self) -> float:
        """The width of its line, in parts of a usual one's."""
        return _WEIGHTS[_PATTERNS.index(self.dashes)] if self.dashes in _PATTERNS else 1.0

    @property
    def dash(self) -> str:
        """The dashes in Plotly's form."""
        return ",".join(f"{length}px" for length in self.pixels) or "solid"


@dataclass(frozen=True)
class Run:
    """One trained model that is shown.

    Attributes:
        network: its name in the registry.
        settings: of the network; the pooling is part of the title.
        folder: of the run or of its tracks; distinguishes several runs of one network.
        name: title and id that the user gave it; they stay whatever is shown beside it.
    """

    network: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None
    name: str | None = None

    @property
    def title(self) -> str:
        """The user's name for it, else the network's title: the paper's name, and its pooling.

        >>> Run("dilated", {"pooling": "max"}).title
        'DILATED, max pooling'
        """
        if self.name is not None:
            return self.name
        name = TITLES.get(self.network, self.network)
        return name if self.pooling == "none" else f"{name}, {self.pooling} pooling"

    @property
    def pooling(self) -> str:
        """The pooling between the network's layers; `none` unless its settings say otherwise."""
        return str(self.settings.get("pooling", "none"))


def style_of(network: str, settings: Mapping[str, Any] | None = None) -> ModelStyle:
    """The style of a model that is the only run of its network shown.

    >>> style_of("bi-lstm").title
    'BI-LSTM'
    """
    return styles_of([Run(network, settings or {})])[0]


def styles_of(runs: Sequence[Run]) -> tuple[ModelStyle, ...]:
    """The styles of models shown next to each other; they do not depend on the order.

    Runs of the same network have the folder as id; runs with the same title have it in their titles
    as well. The first of these, by folder, looks like a single run; the others get other shades and
    dashes, as far as there are any.

    >>> [style.title for style in styles_of([Run("cnn7"), Run("cnn3", folder=Path("a/x")),
    ...     Run("cnn3", folder=Path("a/y"))])]
    ['CNN7', 'CNN3 (x)', 'CNN3 (y)']
    """
    folders = [run.folder or Path(str(number)) for number, run in enumerate(runs, 1)]
    # a name that a user gave is its own, and unlike any network's
    networks = [run.network if run.name is None else f"={run.name}" for run in runs]
    titles = [run.title if run.name is None else f"={run.name}" for run in runs]
    ids = [
        run.name or (run.network if part is None else part)
        for run, part in zip(runs, _distinguishing_parts(networks, folders), strict=True)
    ]
    shown = [
        run.title if part is None or run.name else f"{run.title} ({part})"
        for run, part in zip(runs, _distinguishing_parts(titles, folders), strict=True)
    ]
    return tuple(
        ModelStyle(
            _numbered(ids, index), shown[index],
            _HUES[look.hue][0][look.shade], _HUES[look.hue][1][look.shade], look.dashes,
        )
        for index, look in enumerate(_looks(runs, folders))
    )  # fmt: skip


def _distinguishing_parts(names: Sequence[str], folders: Sequence[Path]) -> list[str | None]:
    """The end of each run's folder that distinguishes it from others of its name; None if unique.

    It has as many parts of the path as needed.
    """
    found: list[str | None] = []
    for name, folder in zip(names, folders, strict=True):
        alike = [other for other, its in zip(folders, names, strict=True) if its == name]
        longest = max(len(other.parts) for other in alike)
        enough = [
            count
            for count in range(1, longest + 1)
            if len({other.parts[-count:] for other in alike}) == len(alike)
        ]
        end = "/".join(folder.parts[-enough[0] :]) if enough else str(folder)
        found.append(None if len(alike) == 1 else end)
    return found


def _numbered(ids: Sequence[str], index: int) -> str:
    """An id, with a number if an earlier run has the same one: folders may have any name."""
    earlier = ids[:index].count(ids[index])
    return f"{ids[index]}-{earlier + 1}" if earlier else ids[index]


def _looks(runs: Sequence[Run], folders: Sequence[Path]) -> list[_Look]:
    """The look of each run, all different as long as there are enough looks."""
    by_folder = sorted(range(len(runs)), key=lambda index: str(folders[index]))
    first: dict[str, int] = {}  # the run of each title that looks as if it were alone
    for index in by_folder:
        first.setdefault(runs[index].title, index)
    looks: dict[int, _Look] = {}
    for index in sorted(
        by_folder,
        key=lambda i: (first[runs[i].title] != i, runs[i].network not in TITLES, runs[i].title),
    ):
        looks[index] = _free(_look(runs[index]), list(looks.values()))
    return [looks[index] for index in range(len(runs))]


def _look(run: Run) -> _Look:
    """The look of a run that is shown alone."""
    known = _LOOKS.get((run.network, run.pooling)) or _LOOKS.get((run.network, "none"))
    if known:
        return known
    number = zlib.crc32(run.network.encode())
    pattern = _PATTERNS[number // len(_LEFT_OVER) % len(_PATTERNS)]
    return _Look(_LEFT_OVER[number % len(_LEFT_OVER)], 0, pattern)


def _free(wanted: _Look, taken: Sequence[_Look]) -> _Look:
    """The requested look, or one of its hue whose shade and dashes are used least."""
    shades = [(wanted.shade + step) % _SHADES for step in range(_SHADES)]
    used = [(look.hue, look.shade) for look in taken]
    shade = min(shades, key=lambda one: used.count((wanted.hue, one)))
    at = _PATTERNS.index(wanted.dashes)
    beside = [look.dashes for look in taken if (look.hue, look.shade) == (wanted.hue, shade)]
    drawn = [look.dashes for look in taken]
    dashes = min(
        (*_PATTERNS[at:], *_PATTERNS[:at]), key=lambda one: (beside.count(one), drawn.count(one))
    )
    return _Look(wanted.hue, shade, dashes)
