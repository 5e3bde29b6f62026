"""Mutants of our own files: JSON values swapped for others, bytes flipped, files cut short."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

_DEEP: Any = []
for _ in range(200):
    _DEEP = [_DEEP]
ODD = st.sampled_from(
    [None, True, 0, -1, 1, 2**31, 2**63, 10**30, 0.5, -1e300, "", "x", "\x1b[2J\0", "../../x",
     "é" * 9, "9" * 5000, [], [[]], [None], {}, {"": None}, _DEEP]
)  # fmt: skip


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside a JSON value."""
    inner = (
        value.items() if isinstance(value, dict)
        else enumerate(value) if isinstance(value, list) else ()
    )  # fmt: skip
    found = [here] if here else []
    for key, one in inner:
        found += paths(one, (*here, key))
    return found


@st.composite
def mutated(draw: st.DrawFn, value: dict[str, Any]) -> dict[str, Any]:
    """A JSON object with one to three values removed or replaced."""
    changed = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(paths(changed) or [("x",)]))
        place: Any = changed
        for key in above:
            place = place[key]
        if draw(st.booleans()) and draw(st.booleans()):
            del place[last]
        else:
            place[last] = copy.deepcopy(draw(ODD))
        if not changed:
            break
    return changed


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """A file with a few bytes changed, or cut short, or longer."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(0, 3))):
        changed[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    if draw(st.booleans()):
        del changed[draw(st.integers(0, len(content))) :]
    return bytes(changed) + draw(st.sampled_from([b"", b"\0", b"}" * 9]))


def written(record: Any) -> bytes:
    """A record as JSON, whatever is in it."""
    return json.dumps(record).encode()
