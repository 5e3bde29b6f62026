"""What the page shows, as one value that is its address: `View` to query string and back.

Everything is checked against what may be shown, so a hostile or outdated address costs a message
and the default of that part, never an exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from regtrack.errors import RegtrackError, nearest
from regtrack.genome.interval import Interval
from regtrack_app.choices import Choices
from regtrack_app.places import clipped, find_place, quotable
from regtrack_app.regions import mid_chromosome, region_text

MODES = ("overlay", "stack")
DIFFERENCES = ("models", "labels")
SCALES = ("shared", "fixed", "own")
THEMES = ("light", "dark")
PANELS = ("measures", "windows", "scores", "saliency", "igv", "none")
RANKINGS = ("disagreement", "error", "score")
SPLITS = ("all", "train", "valid", "test")

_WORDS = {
    "mode": MODES,
    "scale": SCALES,
    "theme": THEMES,
    "panel": PANELS,
    "rank": RANKINGS,
    "split": SPLITS,
}

MOST_MARKERS = 12
"""Markers at once: what one request can make the server read has a limit."""
MOST_MODELS = 6
"""Models at once: as many as colours and line styles can be told apart."""
MOST_TRACKS = 12
"""Other tracks at once."""
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
        mode: models of a marker in one panel (`overlay`) or each in its own (`stack`).
        differences: of `models`, the pair; of `labels`, each model minus the labels.
        scale: of the values: one a category (`shared`), 0 to 1 (`fixed`), or a row's own.
        theme: light or dark.
        panel: what is open below the tracks.
        rank: what windows are ranked by.
        split: whose windows are listed and scored.
        saliency: draw the saliency that was computed.
    """

    region: Interval
    markers: tuple[str, ...]
    models: tuple[str, ...]
    tracks: tuple[str, ...] = ()
    pair: tuple[str, ...] = ()
    mode: str = "overlay"
    differences: tuple[str, ...] = ()
    scale: str = "shared"
    theme: str = "light"
    panel: str = "measures"
    rank: str = "disagreement"
    split: str = "all"
    saliency: bool = False

    def query(self) -> str:
        """The address of this view: `?region=...`, with what differs from the defaults."""
        fields = {
            "region": region_text(self.region),
            "markers": ",".join(self.markers),
            "models": ",".join(self.models),
        }
        plain = View(self.region, self.markers, self.models)
        # what is the default depends on the models that are there, so with few it is written out
        always = {"rank"} if len(self.models) < 2 else set()
        always |= set() if self.models else {"tracks"}
        for name in ("tracks", "pair", "differences"):
            if name in always or getattr(self, name) != getattr(plain, name):
                fields[name] = ",".join(getattr(self, name))
        for name in _WORDS:
            if name in always or getattr(self, name) != getattr(plain, name):
                fields[name] = getattr(self, name)
        if self.saliency:
            fields["saliency"] = "on"
        return "?" + urlencode(fields, safe=":,")


@dataclass(frozen=True)
class Parsed:
    """A view, and what of the address could not be followed, a line each."""

    view: View
    problems: tuple[str, ...] = ()


def parse_view(query: str, choices: Choices, longest: int = _LONGEST_QUERY) -> Parsed:
    """The view of a query string; what is missing or cannot be followed takes its default.

    Args:
        query: as `View.query` gives it, with or without the question mark.
        choices: what may be shown.
        longest: characters of the query; of a longer one nothing is read.
    """
    if len(query) > longest:
        return Parsed(
            default_view(choices),
            (f"the address has {len(query):,} characters; expected {longest:,} at most",),
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
    for name, allowed, most in _lists(choices):
        if name in fields:
            changes[name], trouble = _several(name, fields[name], allowed, most)
            problems += trouble
    for name, words in _WORDS.items():
        if fields.get(name) in words:
            changes[name] = fields[name]
        elif name in fields:
            problems.append(_unknown(name, fields[name], words))
    if "region" not in changes:
        changes["region"] = _first_region(choices, changes.get("markers", choices.markers))
    more = len(problems) - _MOST_PROBLEMS
    if more > 0:
        problems = [*problems[:_MOST_PROBLEMS], f"And {more} more of the address is not known."]
    return Parsed(replace(default_view(choices), **changes), tuple(problems))


def _lists(choices: Choices) -> tuple[tuple[str, Sequence[str], int], ...]:
    """The parts that name several things: which ones, and how many at most."""
    return (
        ("markers", choices.markers, MOST_MARKERS),
        ("models", choices.models, MOST_MODELS),
        ("tracks", choices.tracks, MOST_TRACKS),
        ("pair", choices.models, 2),
        ("differences", DIFFERENCES, len(DIFFERENCES)),
    )


def default_view(choices: Choices) -> View:
    """What an address without a query shows: the first marker, where it opens, by every model.

    Without models the other tracks are shown, and windows of fewer than two are ranked by score.
    """
    return View(
        _first_region(choices, choices.markers),
        choices.markers[:1],
        choices.models[:MOST_MODELS],
        tracks=() if choices.models else choices.tracks[:MOST_TRACKS],
        rank="score" if len(choices.models) < 2 else RANKINGS[0],
    )


def _first_region(choices: Choices, markers: Sequence[str]) -> Interval:
    if choices.opening is None:
        return mid_chromosome(choices.assembly)
    return choices.opening(markers[0] if markers else None)


def compared(view: View) -> tuple[str, ...]:
    """The two models compared: those chosen, else the first two that are drawn."""
    chosen = (*view.pair, *(model for model in view.models if model not in view.pair))
    return chosen[:2]


def _several(
    name: str, text: str, allowed: Sequence[str], most: int
) -> tuple[tuple[str, ...], list[str]]:
    asked = list(dict.fromkeys(part for part in text.split(",") if part))
    there = set(allowed)
    known = tuple(part for part in asked if part in there)
    strange = [part for part in asked if part not in there][:3]
    problems = [_unknown(name, part, allowed) for part in strange]
    if len(known) > most:
        problems.append(f"{most} of {len(known)} {name} are shown, the most at once")
    return known[:most], problems


def _unknown(name: str, value: str, allowed: Iterable[str]) -> str:
    shown = quotable(value)
    return f'There is no {name.removesuffix("s")} "{shown}" here.{nearest(shown, allowed)}'
