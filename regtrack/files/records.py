"""The JSON records that regtrack writes and reads again: sealed by a digest, parsed into types.

Reading takes three steps: `read_record` bounds size, depth and numbers; `typed` makes a value of a
dataclass of it, or says which field is wrong; `check_seal` compares it with the digest that it was
written with. So nothing else reaches into the dictionaries of a file.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from regtrack.errors import RecordError, RegtrackError
from regtrack.files.shown import shown

T = TypeVar("T")

SEAL = "digest"
MOST_BYTES = 256_000_000
MOST_VALUES = 12_000_000  # the plan of a sweep along a million contigs has 8 million
_DEEPEST = 64
_LARGEST = 2**63  # beyond it, NumPy's integers end
_MESSAGE = 300  # letters of another part's message

_WRONG_TYPE = re.compile(r"Expected `(?P<expected>[^`]+)`(?P<detail>.*), got `?(?P<found>[^`]+)`?")
_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]+)`")
_TYPES = {
    "int": "a whole number", "float": "a number", "str": "a string", "bool": "true or false",
    "array": "a list", "object": "an object", "null": "null",
}  # fmt: skip


def to_text(content: Mapping[str, Any], *, indent: int | None = 1) -> str:
    """A record as JSON, sealed by a digest over everything else in it.

    >>> print(to_text({"format": "x"}, indent=None)[:40])
    {"format": "x", "digest": "sha256:368ff2
    """
    content = {name: value for name, value in content.items() if name != SEAL}
    sealed = {**content, SEAL: content_digest(content)}
    return json.dumps(sealed, indent=indent, allow_nan=False) + "\n"


def content_digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of a record's JSON without spaces, its keys sorted, except for its own digest."""
    content = {name: value for name, value in content.items() if name != SEAL}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def read_record(path: Path, *, most: int = MOST_BYTES) -> dict[str, Any]:
    """The JSON object in a file, in bounded memory; `typed` and `check_seal` come next.

    Raises:
        RecordError: the file cannot be read, or holds no such object.
    """
    try:
        size = path.stat().st_size
        if size > most:
            raise RecordError(f"it has {size:,} bytes; expected at most {most:,}")
        return parse_record(path.read_bytes())
    except OSError as error:
        raise RecordError(f"it cannot be read ({error.strerror})") from error


def parse_record(text: bytes | str) -> dict[str, Any]:
    """The JSON object in a text.

    Raises:
        RecordError: not JSON, no object, nested too deeply, too many values, or a number that is
            too large or not finite.
    """
    found = parse_json(text)
    if not isinstance(found, dict):
        raise RecordError(f"it is {_found(found)}; expected an object")
    return found


def parse_json(text: bytes | str) -> Any:
    """Any JSON value in a text, in bounded memory.

    Raises:
        RecordError: see `parse_record`.
    """
    if _separators(text) > MOST_VALUES:
        raise RecordError(f"it has too many values; expected at most {MOST_VALUES:,}")
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise RecordError(f"it is not JSON ({shown(str(error))})") from error
    _check_values(value)
    return value


def check_seal(content: Mapping[str, Any], *, required: bool = True) -> None:
    """Refuse a record that has changed since it was written.

    Args:
        content: the record.
        required: whether it must have a digest; those of older formats have none.

    Raises:
        RecordError: it has changed, or lacks its digest.
    """
    if SEAL not in content:
        if required:
            raise RecordError(f'it lacks its "{SEAL}"')
    elif content[SEAL] != content_digest(content):
        raise RecordError(f'its content does not match its "{SEAL}": it has changed')


def typed(content: Any, kind: type[T]) -> T:
    """A parsed JSON value as a value of a type: a dataclass, or a list or dictionary of such.

    Types are strict, except that a whole number may stand for a float. Fields without a place in
    the type are ignored.

    Raises:
        RecordError: a field is missing, of another type or out of range; the message names it.
    """
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise RecordError(_reworded(str(error))) from error
    except RegtrackError as error:  # a value that its own class refuses
        raise RecordError(shown(error, _MESSAGE)) from error


def _separators(text: bytes | str) -> int:
    """At least the number of values in a JSON text, counted before they are made."""
    if isinstance(text, bytes):
        return text.count(b",") + text.count(b"[") + text.count(b"{")
    return text.count(",") + text.count("[") + text.count("{")


def _check_values(value: Any) -> None:
    """Refuse what JSON allows, but no record has."""
    level, depth = [value], 0
    while level:
        deeper: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                deeper += one.values()
            elif isinstance(one, list):
                deeper += one
            elif isinstance(one, float):
                if not math.isfinite(one):
                    raise RecordError(f"it has the number {one}; expected finite ones")
            elif isinstance(one, int) and not -_LARGEST <= one < _LARGEST:
                raise RecordError(f"it has a number of {len(str(one))} digits; expected at most 19")
        level, depth = deeper, depth + 1
        if depth > _DEEPEST:
            raise _too_deep()


def _too_deep() -> RecordError:
    return RecordError(f"it is nested too deeply; expected at most {_DEEPEST} levels")


def _found(value: Any) -> str:
    for kind, name in ((bool, "bool"), (dict, "object"), (list, "array"), (str, "str")):
        if isinstance(value, kind):
            return _TYPES[name]
    return "null" if value is None else "a number"


def _reworded(message: str) -> str:
    """A message of msgspec in our words, the field first.

    >>> _reworded("Expected `int`, got `null` - at `$.markers[0].name`")
    '"markers[0].name" is null; expected a whole number'
    >>> _reworded("Object missing required field `names` - at `$.assembly`")
    '"assembly.names" is missing'
    """
    problem, _, place = message.partition(" - at `$")
    place = place.rstrip("`").lstrip(".")
    if missing := _MISSING.fullmatch(problem):
        field = ".".join(filter(None, (place, missing["field"])))
        return f'"{field}" is missing'
    at = f'"{shown(place)}"' if place else "it"
    if wrong := _WRONG_TYPE.fullmatch(problem):
        found = _TYPES.get(wrong["found"], f"of length {wrong['found']}")
        expected = " or ".join(_TYPES.get(one, one) for one in wrong["expected"].split(" | "))
        return f"{at} is {found}; expected {expected}{wrong['detail']}"
    return f"{at}: {shown(problem[:1].lower() + problem[1:], _MESSAGE)}"
