"""Search spaces as TOML files, and the space of a network whose user gives none."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regtrack.errors import SearchError, nearest, quoted
from regtrack.files.shown import shown
from regtrack.files.text import read_lines
from regtrack.models.dilated import POOLINGS
from regtrack.search.space import (
    NETWORK,
    SECTIONS,
    TRAINING,
    Choices,
    Range,
    Space,
    plain,
    read_domain,
    section_of,
    settings_of,
)

_LARGEST = 1 << 20  # bytes
_FRACTIONS = {"dropout": (0.1, 0.25, 0.5), "bn_momentum": (0.03, 0.1, 0.3)}
_FACTORS = (0.5, 1, 2)


def read_space(path: str | Path, model: str) -> Space:
    """Read a search space: a TOML file with the tables `network` and `training`.

    Args:
        path: of the file.
        model: the network whose settings it names.

    Raises:
        SearchError: no such file, not TOML, an unknown table or setting, or a value that the
            setting cannot have; the message names the file.
    """
    path = Path(path)
    lines = dict(read_lines(path, "search space (TOML)", SearchError, most=_LARGEST))
    text = "\n".join(lines.get(number, "") for number in range(1, max(lines, default=0) + 1))
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise SearchError(f"{path} is not valid TOML: {shown(error)}") from error
    settings_of(model)
    try:
        return space_of(model, content)
    except SearchError as error:
        raise SearchError(f"{path}: {shown(error, 400)}") from error


def space_of(model: str, content: Mapping[str, Any]) -> Space:
    """A space from the content of a file: values by setting, in one or both of the sections.

    Raises:
        SearchError: see `read_space`.
    """
    searched: dict[str, Choices | Range] = {}
    fixed: dict[str, Any] = {}
    for section, settings in content.items():
        if section not in SECTIONS:
            raise SearchError(
                f"there is no table {quoted(section)}; expected [{NETWORK}] and [{TRAINING}]"
                f"{nearest(section, SECTIONS)}"
            )
        if not isinstance(settings, Mapping):
            raise SearchError(f"{section} is not a table; expected [{section}]")
        for name, value in settings.items():
            if (home := section_of(model, name)) != section:
                raise SearchError(f"{name} is in [{section}]; it belongs in [{home}]")
            found = read_domain(model, name, value)
            if isinstance(found, Choices | Range):
                searched[name] = found
            else:
                fixed[name] = found
    return Space(model, searched, fixed)


def default_space(model: str) -> Space:
    """The settings that Gupta and Rush (2017) chose by grid search, and the layout of the network.

    They name what they searched, but no values. Those here surround the defaults of the network,
    which are theirs: half and twice the channels, hidden size and width, and so on.

    Raises:
        SearchError: no such network.
    """
    defaults = settings_of(model)[NETWORK]
    searched: dict[str, Choices | Range] = {}
    for name, default in defaults.items():
        values = _around(name, default)
        if len(values) > 1:
            searched[name] = Choices(values)
    searched["learning_rate"] = Choices((0.0003, 0.001, 0.003))
    return Space(model, searched, {})


def _around(name: str, default: Any) -> tuple[Any, ...]:
    """The values of a setting that are tried; only the default if it is not searched."""
    match name:
        case "channels":
            return tuple(tuple(max(1, round(n * by)) for n in default) for by in _FACTORS)
        case "hidden" | "width" | "lstm_hidden":
            return tuple(max(1, round(default * by)) for by in _FACTORS)
        case "dilations":
            doubled = tuple(2**nth for nth in range(1, len(default) + 1))
            return tuple(dict.fromkeys([default, doubled, default[:-1]]))
        case "dropout" | "bn_momentum":
            return tuple(sorted({*_FRACTIONS[name], default}))
        case "pooling" if default in POOLINGS:
            return POOLINGS
    return (default,)


def to_toml(space: Space) -> str:
    """A space as a file that `read_space` reads."""
    blocks = []
    for section, settings in space.to_dict().items():
        if settings:
            lines = [f"{name} = {_toml(value)}" for name, value in settings.items()]
            blocks.append("\n".join([f"[{section}]", *lines]))
    return "\n\n".join(blocks) + "\n"


def _toml(value: Any) -> str:
    """A value in TOML, on one line.

    >>> _toml([[3, 9], [2, 4]]), _toml({"low": 0.1, "high": 0.5}), _toml("max"), _toml(True)
    ('[[3, 9], [2, 4]]', '{ low = 0.1, high = 0.5 }', '"max"', 'true')
    """
    value = plain(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)
