"""What a user calls a network of their own: a function that makes it, with its settings.

Nothing is imported here, so that what loads no torch can pass it on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regtrack.errors import NetworkError
from regtrack.files.shown import shown
from regtrack.frozen import take_names, take_paths


@dataclass(frozen=True)
class NetworkName:
    """A function that makes a network, by name, and what it is given.

    Attributes:
        function: `package.module:function`, or the name of an entry point of `regtrack.networks`.
        settings: `name=value`, or several, passed by keyword; a value is JSON, or else text.
        checkpoint: a file of `save_network` that names the same function: its weights are loaded,
            and its settings are used where none is given.

    Raises:
        NetworkError: a setting that is not of this form, or a name that is given twice.
    """

    function: str
    settings: Sequence[str] | str = ()
    checkpoint: Path | None = None

    def __post_init__(self) -> None:
        take_names(self, "settings")
        take_paths(self, "checkpoint")
        _ = self.keywords

    @property
    def keywords(self) -> dict[str, Any]:
        """The settings by name."""
        found: dict[str, Any] = {}
        for setting in self.settings:
            name, equals, text = setting.partition("=")
            if not equals or not name.isidentifier() or name in found:
                raise NetworkError(
                    f'"{shown(setting)}" is no setting of a network, or the second of its name; '
                    "expected name=value, each name once"
                )
            found[name] = _value(text)
        return found

    def __str__(self) -> str:
        return " ".join((self.function, *self.settings))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


@dataclass(frozen=True)
class SweptNetwork:
    """The network of a user's own that made a sweep.

    Attributes:
        name: what makes it.
        weights: SHA-256 of its tensors, as the sweep has it; None if that is not known.
    """

    name: NetworkName
    weights: str | None = None
