"""Paths of SVGs with their shortest commands, at a hundredth of a point."""

from __future__ import annotations

import re

_PATH = re.compile(r' d="([^"]*)"')
_DECIMALS = re.compile(r"(-?\d+\.\d{2})\d+")


def short_paths(svg: str) -> str:
    """An SVG of matplotlib, whose tracks take half of the space."""

    def shorter(found: re.Match[str]) -> str:
        path = short_path(_DECIMALS.sub(r"\1", found[1]))
        return f' d="{path}"'

    return _PATH.sub(shorter, svg)


def short_path(path: str) -> str:
    r"""A path of lines with their shortest commands: steps need one number each.

    >>> short_path("M 0 0 \nL 0 5 \nL 2 5 \nL 3 5 \nL 4 6 \nz")
    'M0 0V5H3L4 6z'
    """
    words = path.split()
    if {word for word in words if word.isalpha()} - {"M", "L", "z"}:
        return " ".join(words)
    found: list[str] = []
    before = ("", "")
    numbers = iter(words)
    for word in numbers:
        if word == "z":
            found.append("z")
            continue
        place = next(numbers), next(numbers)
        if word == "L" and place[0] == before[0]:
            step = f"V{place[1]}"
        elif word == "L" and place[1] == before[1]:
            step = f"H{place[0]}"
        else:
            step = f"{word}{place[0]} {place[1]}"
        if step[0] == "H" and found and found[-1][0] == "H":
            found.pop()
        found.append(step)
        before = place
    return "".join(found)
