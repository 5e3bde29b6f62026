"""What the values of a track are, from sweep.json."""

from __future__ import annotations

from typing import Literal, get_args

from regtrack.errors import TrackError
from regtrack.files.shown import shown
from regtrack.tracks.sweep_record import SweepRecord, TrackEntry

Kind = Literal["scores", "logits", "spread", "saliency", "absolute saliency", "signal"]
"""Scores or logits of a model, or their spread: the standard deviation over several; saliency,
signed or absolute; or a signal: what a network gives that is neither, or a track from another
program."""

PREDICTED: frozenset[Kind] = frozenset({"scores", "logits"})
"""The kinds that can be compared with labels; all others are only shown."""

SALIENCY: frozenset[Kind] = frozenset({"saliency", "absolute saliency"})
"""The kinds that say on which bases a model depends."""

# how saliency was marked before each file's entry gave its kind
_OLD_SALIENCY = "gradient-x-input "
_OLD_ABSOLUTE = ".saliency-abs.bw"


def kind_of(record: SweepRecord, entry: TrackEntry) -> Kind:
    """The kind of values in a file of a sweep.

    Sweeps of format 2 and earlier give one kind for all of their files, in words; whether a
    saliency file holds absolute values is then known from its name.

    Args:
        record: of the sweep.
        entry: one of its tracks.

    Raises:
        TrackError: an unknown kind.
    """
    if entry.values is None:
        if not (record.values or "").startswith(_OLD_SALIENCY):
            return "logits" if record.values == "logits" else "scores"
        return "absolute saliency" if entry.file.endswith(_OLD_ABSOLUTE) else "saliency"
    for kind in get_args(Kind):
        if entry.values == kind:
            found: Kind = kind
            return found
    raise TrackError(
        f'{shown(entry.file)} holds "{shown(entry.values)}"; expected one of '
        f"{', '.join(get_args(Kind))}. It was written by a later version of regtrack: update to "
        "read it"
    )
