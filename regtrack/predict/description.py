"""What a network says of itself: its tracks, what one call takes and gives, and how far it looks.

`regtrack.predict.network.SequenceNetwork` has one; docs/networks.md shows it by examples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast, get_args

from regtrack.errors import NetworkError, invalid
from regtrack.files.shown import shown
from regtrack.frozen import set_field
from regtrack.labels.marker import Marker

Values = Literal["logits", "scores", "signal"]
Unknown = Literal["zeros", "quarter", "code", "refuse"]
Sides = tuple[int, int]  # left and right (bp)

_STRANDS = (".", "+", "-")


@dataclass(frozen=True, slots=True)
class OutputTrack:
    """One output of a network, which becomes one track.

    Attributes:
        name: unique in the network and safe as part of a file name, such as `K562_CTCF`.
        category: the kind of track, by which the dashboard groups it.
        strand: `.` if it speaks of both strands, else `+` or `-`.
        partner: the name of the track that says the same of the other strand; empty for none.

    Raises:
        MarkerError: a name that is not safe in file names, or no category.
        NetworkError: an unknown strand.
    """

    name: str
    category: str = "track"
    strand: str = "."
    partner: str = ""

    def __post_init__(self) -> None:
        _ = self.marker
        if self.strand not in _STRANDS:
            raise NetworkError(invalid("strand", self.strand, " or ".join(_STRANDS)))

    @property
    def marker(self) -> Marker:
        """The track as a marker."""
        return Marker(self.name, self.category, "", self.name)


@dataclass(frozen=True)
class NetworkDescription:
    """What a network says of itself.

    Attributes:
        name: the network's name, with which its files begin.
        tracks: its outputs, in order, or its only one; a plain name is a track of both strands.
        values: what it gives: `logits`, to which a sigmoid is applied; `scores` from 0 to 1; or
            any other `signal`.
        length: bp that one call takes; None: any length.
        grid: bp to whose multiples starts and lengths of calls keep.
        bin: bp that one output stands for.
        crop: bp at the left and at the right end of a call that have no output; one number for
            both.
        reach: bp to the left and to the right of its own bin on which an output depends, likewise;
            None: it depends on all of the call.
        unknown: what the network makes of N: `zeros` or a `quarter` each in one-hot rows, or a
            `code` of its own; or `refuse`: it is never given N, and outputs that would depend on
            some have no value.

    Raises:
        NetworkError: no tracks, two of one name, a partner that is none of them, or lengths that
            contradict each other.
        MarkerError: a name that is not safe in file names.
    """

    name: str
    tracks: Sequence[OutputTrack | str] | OutputTrack | str
    values: Values = "signal"
    length: int | None = None
    grid: int = 1
    bin: int = 1
    crop: int | Sides = 0
    reach: int | Sides | None = None
    unknown: Unknown = "zeros"

    def __post_init__(self) -> None:
        named = (self.tracks,) if isinstance(self.tracks, str | OutputTrack) else self.tracks
        tracks = [OutputTrack(one) if isinstance(one, str) else one for one in named]
        set_field(self, "tracks", tuple(tracks))
        set_field(self, "crop", _sides("crop", self.crop))
        if self.reach is not None:
            set_field(self, "reach", _sides("reach", self.reach))
        _check_word("values", self.values, get_args(Values))
        _check_word("unknown", self.unknown, get_args(Unknown))
        _ = Marker(self.name, "network", "", "")  # its files begin with it
        _check_tracks(self.name, self.outputs)
        self._check_lengths()

    def _check_lengths(self) -> None:
        for what in ("grid", "bin"):
            if _is_no_number(value := getattr(self, what), low=1):
                raise NetworkError(invalid(what, value, "at least 1", "bp"))
        if self.length is None:
            return
        if _is_no_number(self.length, low=1):
            raise NetworkError(invalid("length", self.length, "at least 1, or None for any", "bp"))
        outputs = self.length - sum(self.cropped)
        if outputs < self.bin or outputs % self.bin:
            raise NetworkError(
                f"`length` of {self.name} is {self.length:,} bp and `crop` {sum(self.cropped):,}, "
                f"which leaves {outputs:,}; expected a multiple of the {self.bin:,} bp of an output"
            )
        if self.length % self.grid:
            raise NetworkError(
                f"{self.name} takes {self.length:,} bp, which is no multiple of its grid of "
                f"{self.grid:,} bp; correct one of them"
            )

    @property
    def outputs(self) -> tuple[OutputTrack, ...]:
        """The tracks, in order."""
        return cast("tuple[OutputTrack, ...]", self.tracks)

    @property
    def cropped(self) -> Sides:
        """`crop`, left and right (bp)."""
        return cast(Sides, self.crop)

    @property
    def reached(self) -> Sides | None:
        """`reach`, left and right (bp); None: all of the call."""
        return cast("Sides | None", self.reach)

    @property
    def period(self) -> int:
        """The bp after which starts on the grid and edges of outputs coincide again."""
        return math.lcm(self.grid, self.bin)

    @property
    def partners(self) -> tuple[int, ...] | None:
        """For each track the one that says the same of the other strand, itself for `.`.

        None: a track of one strand has no partner.
        """
        rows = {track.name: row for row, track in enumerate(self.outputs)}
        if any(track.strand != "." and not track.partner for track in self.outputs):
            return None
        return tuple(rows[track.partner or track.name] for track in self.outputs)

    def to_dict(self) -> dict[str, Any]:
        """The description as JSON-serialisable values."""
        return asdict(self)


def _sides(what: str, given: object) -> Sides:
    """A number of bp for both sides, or one for each."""
    sides = tuple(given) if isinstance(given, list | tuple) else (given, given)
    if len(sides) != 2 or any(_is_no_number(side, low=0) for side in sides):
        raise NetworkError(invalid(what, given, "bp, or two numbers for left and right"))
    return cast(Sides, sides)


def _is_no_number(value: object, *, low: int) -> bool:
    return not isinstance(value, int) or isinstance(value, bool) or value < low


def _check_word(what: str, word: str, words: Sequence[str]) -> None:
    if word not in words:
        raise NetworkError(invalid(what, str(word), ", ".join(words)))


def _check_tracks(whose: str, tracks: Sequence[OutputTrack]) -> None:
    names = [track.name for track in tracks]
    if not names:
        raise NetworkError(f"{whose} has no tracks; expected a name for each of its outputs")
    known: set[str] = set()
    for name in names:
        if name in known:
            raise NetworkError(
                f'{whose} has two tracks called "{shown(name)}"; expected names that differ, '
                "since they name files"
            )
        known.add(name)
    for track in tracks:
        if track.partner and track.partner not in known:
            raise NetworkError(
                f'the partner of track {track.name}, "{shown(track.partner)}", is no track of '
                f"{whose}; expected one of {', '.join(names[:5])}"
            )
