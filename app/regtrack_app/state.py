"""What the page shows, as one value that is its address: `View` to query string and back.

Everything is checked against what may be shown, so a hostile or outdated address results in a
message and the default for that part, never in an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from regtrack.compare.axis_limits import limits_text, read_limits
from regtrack.errors import RegtrackError, nearest
from regtrack.genome.interval import Interval
from regtrack.name_lists import split_names
from regtrack_app.choices import Choices
from regtrack_app.places import clipped, find_place, quotable
from regtrack_app.regions import mid_chromosome, region_text
from regtrack_app.row_looks import GENES, LETTERS, MOST, read_look

MODES = ("overlay", "stack")
DIFFERENCES = ("models", "labels")
SCALES = ("marker", "category", "own", "limits")
FLOORS = ("zero", "lowest")
AXES = ("linear", "log", "fold")
GENES_SHOWN = ("one", "all")
DRAWS = ("auto", "mean", "max", "both")
PANELS = ("measures", "windows", "scores", "heat", "saliency", "igv", "none")
ORDERS = ("category", "similarity", "disagreement")
HEAT_LABELS, HEAT_DIFFERENCE = "=labels", "=difference"
"""What a picture of all markers may be of, other than a model; no id contains `=`."""
RANKINGS = ("disagreement", "error", "score", "spread")
SPLITS = ("all", "train", "valid", "test")

_WORDS = {
    "mode": MODES,
    "scale": SCALES,
    "floor": FLOORS,
    "axis": AXES,
    "draw": DRAWS,
    "genes": GENES_SHOWN,
    "panel": PANELS,
    "rank": RANKINGS,
    "order": ORDERS,
    "split": SPLITS,
}

MOST_MARKERS = 12
"""Maximum number of markers: what one request can make the server read is limited."""
MOST_MODELS = 7
"""Maximum number of models: as many as colours and line styles can be distinguished."""
MOST_TRACKS = 12
"""Maximum number of other tracks."""
MOST_BESIDE = 3
"""Maximum number of regions beside the first one."""
MOST_MARKS = 20
"""Maximum number of highlighted regions."""
_MOST_UNITS = MOST_MARKERS + MOST_TRACKS + 2
_LONGEST_QUERY = 4000
_MOST_PROBLEMS = 3


@dataclass(frozen=True)
class View:
    """One state of the page.

    Attributes:
        region: the stretch on screen.
        markers: names, in the order drawn.
        models: ids of the models drawn.
        tracks: ids of other tracks drawn.
        pair: the two models that are compared, or one, or none.
        mode: models of a marker in one panel (`overlay`) or in separate ones (`stack`).
        differences: `models`: of the pair; `labels`: each model minus the labels.
        scale: of the values: one per `marker` or `category`, each row's `own`, or the `limits`.
        limits: bottom and top of the axes if `scale` is `limits`, as `0:0.3`; empty: 0 to 1.
        floor: where other axes begin: at `zero`, or at the `lowest` value on screen.
        axis: `linear`, `log`, or `fold`: how many times the base rate of its marker a value is.
        draw: of each point, the `mean`, `max` or `both`; `auto`: the maximum in wide views.
        genes: `one` transcript per gene, or `all`.
        panel: the one open below the tracks.
        rank: by what windows are ranked.
        split: whose windows are listed and scored.
        heat: what the picture of all markers is of: a model's id, `=labels` or `=difference`;
            empty: the first model, else the labels.
        order: of its rows.
        saliency: draw the computed saliency.
        rows: markers, tracks, `letters` and `genes` from the top; empty: in this order.
        looks: of rows that were changed: see `RowLook.text`.
        marks: highlighted regions, as `chr1:1-100`.
        beside: further regions side by side with the first one, in the same form.
    """

    region: Interval
    markers: tuple[str, ...]
    models: tuple[str, ...]
    tracks: tuple[str, ...] = ()
    pair: tuple[str, ...] = ()
    mode: str = "overlay"
    differences: tuple[str, ...] = ()
    scale: str = "marker"
    limits: str = ""
    floor: str = "zero"
    axis: str = "linear"
    draw: str = "auto"
    genes: str = "one"
    panel: str = "measures"
    rank: str = "disagreement"
    split: str = "test"
    heat: str = ""
    order: str = "category"
    saliency: bool = False
    rows: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    def query(self) -> str:
        """The address of this view: `?region=...` and whatever differs from the defaults."""
        fields = {
            "region": region_text(self.region),
            "markers": ",".join(self.markers),
            "models": ",".join(self.models),
        }
        plain = View(self.region, self.markers, self.models)
        # defaults that depend on what there is are written out
        always = {"rank", "split"} if len(self.models) < 2 else {"split"}
        always |= set() if self.models else {"tracks"}
        for name in ("tracks", "pair", "differences"):
            if name in always or getattr(self, name) != getattr(plain, name):
                fields[name] = ",".join(getattr(self, name))
        for name in _WORDS:
            if name in always or getattr(self, name) != getattr(plain, name):
                fields[name] = getattr(self, name)
        for name in ("limits", "heat"):
            if getattr(self, name):
                fields[name] = getattr(self, name)
        if self.saliency:
            fields["saliency"] = "on"
        if self.rows:
            fields["rows"] = ",".join(self.rows)
        for name in ("looks", "marks", "beside"):
            if getattr(self, name):
                fields[name] = ";".join(getattr(self, name))
        return "?" + urlencode(fields, safe=":,~;/")


@dataclass(frozen=True)
class Parsed:
    """A view, and the parts of the address that could not be applied, one line each."""

    view: View
    problems: tuple[str, ...] = ()


def parse_view(query: str, choices: Choices, longest: int = _LONGEST_QUERY) -> Parsed:
    """The view of a query string; missing or invalid parts take their defaults.

    Args:
        query: from `View.query`, with or without the question mark.
        choices: what may be shown.
        longest: maximum number of characters; a longer query is ignored.
    """
    if len(query) > longest:
        return Parsed(
            default_view(choices),
            (f"the address has {len(query):,} characters; expected at most {longest:,}",),
        )
    found = parse_qs(query.removeprefix("?"), keep_blank_values=True, errors="replace")
    fields = {name: values[-1] for name, values in found.items()}
    changes: dict[str, Any] = {"saliency": fields.get("saliency") == "on"}
    problems: list[str] = []
    if "region" in fields:
        try:
            changes["region"] = find_place(fields["region"], choices)
            problems += clipped(fields["region"], choices)
        except RegtrackError as error:
            problems.append(str(error))
    changes |= _texts(fields, choices, problems)
    for name, allowed, most in _lists(choices):
        if name in fields:
            changes[name], trouble = _several(name, fields[name], allowed, most)
            problems += trouble
    for name, words in (_WORDS | {"heat": (HEAT_LABELS, HEAT_DIFFERENCE, *choices.models)}).items():
        if fields.get(name) in words:
            changes[name] = fields[name]
        elif fields.get(name):
            problems.append(_unknown(name, fields[name], words))
    if "region" not in changes:
        changes["region"] = _first_region(choices, changes.get("markers", choices.markers))
    more = len(problems) - _MOST_PROBLEMS
    if more > 0:
        problems = [
            *problems[:_MOST_PROBLEMS],
            f"And {more} more parts of the address are unknown.",
        ]
    return Parsed(replace(default_view(choices), **changes), tuple(problems))


def _texts(fields: Mapping[str, str], choices: Choices, problems: list[str]) -> dict[str, Any]:
    """The parts that have a form of their own; adds what is wrong with them to the problems."""
    found: dict[str, Any] = {}
    readers: tuple[tuple[str, Callable[[str], Any]], ...] = (
        ("limits", _limits), ("looks", _looks),
        ("marks", lambda text: _regions(text, choices, MOST_MARKS)),
        ("beside", lambda text: _regions(text, choices, MOST_BESIDE)),
    )  # fmt: skip
    for name, read in readers:
        try:
            found |= {name: read(fields[name])} if fields.get(name) else {}
        except RegtrackError as error:
            problems.append(str(error))
    return found


def _limits(text: str) -> str:
    return limits_text(read_limits(text))


def _looks(text: str) -> tuple[str, ...]:
    return tuple(read_look(part).text() for part in text.split(";")[:MOST])


def _regions(text: str, choices: Choices, most: int) -> tuple[str, ...]:
    places = [find_place(part, choices) for part in text.split(";")[:most]]
    return tuple(dict.fromkeys(map(region_text, places)))


def _lists(choices: Choices) -> tuple[tuple[str, Sequence[str], int], ...]:
    """The parts that are lists, with the permitted items and their maximum number."""
    return (
        ("markers", choices.markers, MOST_MARKERS),
        ("models", choices.models, MOST_MODELS),
        ("tracks", choices.tracks, MOST_TRACKS),
        ("pair", choices.models, 2),
        ("differences", DIFFERENCES, len(DIFFERENCES)),
        (
            "rows",
            (*choices.markers, *choices.tracks, LETTERS, GENES),
            MOST_MARKERS + MOST_TRACKS + 2,
        ),
    )


def default_view(choices: Choices) -> View:
    """The view without a query: the first marker, where it opens, with all models.

    Without models the other tracks are shown; with fewer than two, windows are ranked by score.
    Held-out windows are ranked and scored, if there are any.
    """
    return View(
        _first_region(choices, choices.markers),
        choices.markers[:1],
        choices.models[:MOST_MODELS],
        tracks=() if choices.models else choices.tracks[:MOST_TRACKS],
        rank="score" if len(choices.models) < 2 else RANKINGS[0],
        split="test" if "test" in choices.splits else "all",
    )


def _first_region(choices: Choices, markers: Sequence[str]) -> Interval:
    if choices.opening is None:
        return mid_chromosome(choices.assembly)
    return choices.opening(markers[0] if markers else None)


def compared(view: View) -> tuple[str, ...]:
    """The two models compared: those selected, otherwise the first two drawn."""
    chosen = (*view.pair, *(model for model in view.models if model not in view.pair))
    return chosen[:2]


def _several(
    name: str, text: str, allowed: Sequence[str], most: int
) -> tuple[tuple[str, ...], list[str]]:
    asked = list(dict.fromkeys(filter(None, split_names([text], allowed))))
    there = set(allowed)
    known = tuple(part for part in asked if part in there)
    strange = [part for part in asked if part not in there][:3]
    problems = [_unknown(name.removesuffix("s"), part, allowed) for part in strange]
    if len(known) > most:
        problems.append(f"{most} of {len(known)} {name} are shown, which is the maximum")
    return known[:most], problems


def _unknown(name: str, value: str, allowed: Iterable[str]) -> str:
    shown = quotable(value)
    return f'There is no {name} "{shown}" here{nearest(shown, allowed)}'
