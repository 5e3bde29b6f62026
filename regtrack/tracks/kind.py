"""What the values of a track are, from sweep.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from regtrack.errors import TrackError

SWEEP_FILE = "sweep.json"
"""The record of a sweep, in its folder."""

Kind = Literal["scores", "logits", "saliency", "absolute saliency", "signal"]
"""Scores or logits of a model; saliency, signed or absolute; or a signal from another program."""

PREDICTED: frozenset[Kind] = frozenset({"scores", "logits"})
"""The kinds that can be compared with labels; all others are only shown."""

# how saliency was marked before each file's entry gave its kind
_OLD_SALIENCY = "gradient-x-input "
_OLD_ABSOLUTE = ".saliency-abs.bw"


def kind_of(record: Mapping[str, Any], entry: Mapping[str, Any]) -> Kind:
    """The kind of values in a file of a sweep.

    Sweeps of format 2 and earlier give one kind for all of their files, in words; whether a
    saliency file holds absolute values is then known from its name.

    Args:
        record: the content of sweep.json.
        entry: one of its tracks.

    Raises:
        TrackError: an unknown kind.
    """
    if (said := entry.get("values")) is None:
        if not str(record.get("values", "")).startswith(_OLD_SALIENCY):
            return "logits" if record.get("values") == "logits" else "scores"
        return "absolute saliency" if str(entry["file"]).endswith(_OLD_ABSOLUTE) else "saliency"
    for kind in get_args(Kind):
        if said == kind:
            found: Kind = kind
            return found
    raise TrackError(
        f'{entry["file"]} holds "{said}"; expected one of {", ".join(get_args(Kind))}. It was '
        "written by a later version of regtrack: update to read it"
    )
