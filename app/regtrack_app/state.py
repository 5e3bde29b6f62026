"""What the page shows, as one value that is its address: `View` to query string and back.

Everything is checked against what may be shown, so a hostile or outdated address costs a message
and the default of that part, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from regtrack.errors import RegionError, RegtrackError, nearest
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval, parse_region

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

SHORTEST = 20
"""The least that a view shows (bp)."""
MOST_MARKERS = 12
"""Markers at once: what one request can make the server read has a limit."""
MOST_MODELS = 6
"""Models at once: as many as colours and line styles can be told apart."""
MOST_TRACKS = 12
"""Other tracks at once."""
_LONGEST_QUERY = 4000
_FIRST_REGION = 250_000
_SHOWN = 60
_MOST_PROBLEMS = 3


@dataclass(frozen=True)
class Choices:
    """What a view may name.

    Attributes:
        assembly: the chromosomes.
        markers: names.
        models: ids.
        tracks: ids of tracks of no model.
        find_gene: the interval of a gene; None without genes.
        opening: where a view of a marker, or of none, opens; None: mid-chromosome.
    """

    assembly: Assembly
    markers: tuple[str, ...]
    models: tuple[str, ...]
    tracks: tuple[str, ...] = ()
    find_gene: Callable[[str], Interval] | None = None
    opening: Callable[[str | None], Interval] | None = None


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


def mid_chromosome(assembly: Assembly) -> Interval:
    """The middle of the first chromosome, up to 250 kb."""
    length = assembly.lengths[0]
    span = min(_FIRST_REGION, length)
    start = (length - span) // 2
    return Interval(assembly.names[0], start, start + span)


def find_place(text: str, choices: Choices) -> Interval:
    """The interval of a region or a gene's name, at least `SHORTEST` long.

    Raises:
        RegionError: it is neither, or lies outside its chromosome.
    """
    text = _printable(text.strip())
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    if not text:
        raise RegionError("no region was given; expected chr1:1,000-2,000, chr1 or a gene's name")
    if len(text) > _SHOWN:
        raise RegionError(f'"{shown}" is too long for a region or a gene\'s name')
    if ":" in text or choices.assembly.resolve(text) is not None:
        region = parse_region(text, choices.assembly, clip=True)
        return clamp(region, choices.assembly.length(region.chrom))
    gene = _find_gene(shown, choices)
    margin = max(len(gene) // 5, 500)
    around = (gene.start - margin, gene.end + margin)
    return between(gene.chrom, *around, choices.assembly.length(gene.chrom))


def clipped(text: str, choices: Choices) -> tuple[str, ...]:
    """What is to be said of a place that `find_place` finds: where it was cut, if it was."""
    if ":" not in text:
        return ()
    region = parse_region(text, choices.assembly, clip=True)
    try:
        parse_region(text, choices.assembly)
    except RegionError:
        return (f"{region.chrom} ends at {region.end:,}: the region is shown up to there",)
    return ()


def _find_gene(name: str, choices: Choices) -> Interval:
    chroms = choices.assembly.summary()
    if choices.find_gene is None:
        raise RegionError(
            f'"{name}" is not a region of the assembly, which has {chroms}, and no genes were '
            "given to look it up in"
        )
    try:
        return choices.find_gene(name)
    except RegionError as error:
        raise RegionError(f"{error} The assembly has {chroms}.") from None


def region_text(region: Interval) -> str:
    """A region as the address has it: 1-based, without commas."""
    return f"{region.chrom}:{region.start + 1}-{region.end}"


def between(chrom: str, start: float, end: float, length: int) -> Interval:
    """The view that shows most of [start, end) on a chromosome of `length` bp.

    What hangs over an end is moved inside, and what is too short is widened.
    """
    low, high = round(min(start, end)), round(max(start, end))
    span = min(max(high - low, SHORTEST), length)
    middle = (low + high) / 2
    low = round(middle - span / 2) if high - low < span else low
    low = max(0, min(low, length - span))
    return Interval(chrom, low, low + span)


def clamp(region: Interval, length: int) -> Interval:
    """A region at least `SHORTEST` long and within its chromosome."""
    return between(region.chrom, region.start, region.end, length)


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


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _unknown(name: str, value: str, allowed: Iterable[str]) -> str:
    value = _printable(value)
    shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
    return f'There is no {name.removesuffix("s")} "{shown}" here.{nearest(shown, allowed)}'
