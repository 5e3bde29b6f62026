"""Library messages in the terms of the command line.

The library names its parameters between backticks: "pass `any_assembly=True`, or choose another
`region`". A user in a terminal has options, which the running command knows by the same names:
"pass --any-assembly, or choose another --region".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

# a parameter's name, perhaps with a value: `port`, `port=0`, `compiling='off'`
_NAMED = re.compile(r"`([a-z]\w*)(?:=([^`]+))?`")

_parameters: dict[str, Any] = {}  # of the running command, by name


def speak_of(parameters: Iterable[Any]) -> None:
    """Set the command whose options messages name from now on.

    Args:
        parameters: of the command, as click objects.
    """
    _parameters.clear()
    _parameters.update({parameter.name: parameter for parameter in parameters})


def in_options(message: str, parameters: Mapping[str, Any] = _parameters) -> str:
    """A message with options where it names parameters, and arguments by their bare names.

    What the command does not have stays as it is.

    Args:
        message: of the library, for a person.
        parameters: by name, as click has them.
    """
    return _NAMED.sub(lambda found: _option(found, parameters), message)


def _option(found: re.Match[str], parameters: Mapping[str, Any]) -> str:
    """The command line's term for a parameter in a message."""
    parameter, value = parameters.get(found[1]), found[2]
    if parameter is None:
        return found[0]
    if parameter.param_type_name == "argument":
        return found[1]
    if not parameter.is_flag:
        given = "" if value is None else f" {value.strip(chr(34) + chr(39))}"
        return f"{_long(parameter.opts)}{given}"
    if value == "False":
        return _long(parameter.secondary_opts) if parameter.secondary_opts else found[0]
    return _long(parameter.opts)


def _long(names: list[str]) -> str:
    """The full name of an option, which may also have a one-letter name."""
    return max(names, key=len)
