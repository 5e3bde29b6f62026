"""A description as Python source, to be pasted, and with what was measured in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from regtrack.errors import NetworkError
from regtrack.model_check.values import Claim
from regtrack.predict.description import NetworkDescription, OutputTrack

_LONGEST = 92  # letters of a line
_NAMED = 12  # tracks that are named in the source


def with_fixes(said: NetworkDescription, claims: Sequence[Claim]) -> NetworkDescription:
    """The description with what was measured in place of what is wrong, as far as it fits."""
    for claim in claims:
        try:
            said = replace(said, **claim.fix)
        except NetworkError:  # it contradicts another field, which the line about it says
            continue
    return said


def as_source(said: NetworkDescription) -> str:
    """The description as a call of `regtrack.NetworkDescription`, without what is by default.

    >>> print(as_source(NetworkDescription("a", ["t"], crop=200, reach=200)))
    regtrack.NetworkDescription(
        "a", ["t"], crop=200, reach=200
    )
    """
    words = [f'"{said.name}"', *_tracks(said)]
    for one in fields(said)[2:]:
        value = _plain(getattr(said, one.name))
        if value != one.default:
            words.append(f"{one.name}={_value(value)}")
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > _LONGEST:
            lines.append("")
        lines[-1] += f", {word}" if lines[-1] else word
    inner = ",\n    ".join(lines)
    return f"regtrack.NetworkDescription(\n    {inner}\n)"


def _tracks(said: NetworkDescription) -> list[str]:
    """The list of tracks, in pieces between which a line may end."""
    if len(said.outputs) > _NAMED:
        return ["tracks"]
    pieces = [_track(track) for track in said.outputs]
    pieces[0], pieces[-1] = f"[{pieces[0]}", f"{pieces[-1]}]"
    return pieces if len(pieces) > 1 else [f"[{_track(said.outputs[0])}]"]


def _track(track: OutputTrack) -> str:
    if track == OutputTrack(track.name):
        return f'"{track.name}"'
    words = [f'"{track.name}"'] + [
        f'{one.name}="{getattr(track, one.name)}"'
        for one in fields(track)[1:]
        if getattr(track, one.name) != one.default
    ]
    return f"regtrack.OutputTrack({', '.join(words)})"


def _plain(value: Any) -> Any:
    """A pair of equal sides as one number."""
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value


def _value(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
