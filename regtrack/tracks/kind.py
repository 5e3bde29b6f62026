"""What the values of a track are, as sweep.json says of each file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from regtrack.errors import TrackError

Kind = Literal["scores", "logits", "saliency", "absolute saliency", "signal"]
"""A model's scores or logits; saliency, signed or its absolute value; or a signal from elsewhere,
of which nothing else is known."""

PREDICTED: frozenset[Kind] = frozenset({"scores", "logits"})
"""What can be compared with labels: everything else is only shown."""

# how saliency was told apart before each file's entry said what it holds
_OLD_SALIENCY = "gradient-x-input "
_OLD_ABSOLUTE = ".saliency-abs.bw"


def kind_of(record: Mapping[str, Any], entry: Mapping[str, Any]) -> Kind:
    """What a file of a sweep holds.

    Sweeps of format 2 and earlier say it of all their files together, in words, and of saliency
    the file's name says whether it is the absolute value.

    Args:
        record: what sweep.json says.
        entry: one of its tracks.

    Raises:
        TrackError: values of a kind that is not known.
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
        f'{entry["file"]} holds "{said}"; expected one of {", ".join(get_args(Kind))}: it was '
        "written by a later version of regtrack, which reads it"
    )
