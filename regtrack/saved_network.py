"""What a file of a network of the user's own says of it, read without torch and without running it.

It is a safetensors file whose header names the function that made the network. That function is
only called where the user names it too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regtrack.errors import NetworkError, RecordError
from regtrack.files.records import check_seal, parse_record, to_text, typed
from regtrack.files.safetensors_header import read_safetensors_header

FORMAT = "regtrack.network"
VERSION = 1


@dataclass(frozen=True)
class SavedNetwork:
    """The record of a file.

    Attributes:
        version: of the format.
        function: that made the network: `package.module:function`, or the name of an entry point.
        settings: what it was given.
        weights: SHA-256 of the network's tensors.
    """

    version: int
    function: str
    settings: dict[str, Any]
    weights: str

    def to_json(self) -> str:
        """The record as a JSON string, sealed by a digest.

        Raises:
            NetworkError: settings that are not JSON-serialisable.
        """
        try:
            return to_text(dict(vars(self)), indent=None).rstrip()
        except (TypeError, ValueError) as error:
            raise NetworkError(f"settings cannot be written as JSON: {error}") from error


def saved_in(metadata: Mapping[str, str]) -> SavedNetwork | None:
    """The record in the metadata of a safetensors file; None if there is none.

    Raises:
        NetworkError: it is damaged, or of a newer version.
    """
    if FORMAT not in metadata:
        return None
    try:
        record = parse_record(metadata[FORMAT])
        found = typed(record, SavedNetwork)
        check_seal(record, required=True)
    except RecordError as error:
        raise NetworkError(f"its record is damaged: {error}; copy it again") from error
    if found.version > VERSION:
        raise NetworkError(
            f"its format is version {found.version} and this regtrack reads up to {VERSION}; "
            "update regtrack"
        )
    return found


def names_code(path: Path) -> bool:
    """Whether a file is of a network of the user's own."""
    try:
        return path.is_file() and FORMAT in read_safetensors_header(path).metadata
    except RecordError:
        return False


def read_saved(path: Path) -> SavedNetwork:
    """The record of a file.

    Raises:
        NetworkError: no such file, or not one of a network of the user's own.
    """
    if not path.is_file():
        raise NetworkError(f"no network at {path}; expected a file of regtrack.save_network")
    try:
        found = saved_in(read_safetensors_header(path).metadata)
    except RecordError as error:
        raise NetworkError(f"{path} {error}; expected a file of regtrack.save_network") from error
    except NetworkError as error:
        raise NetworkError(f"{path} cannot be read: {error}") from error
    if found is None:
        raise NetworkError(f"{path} names no function; expected a file of regtrack.save_network")
    return found


def setting_text(name: str, value: object) -> str:
    """A setting as `name=value`.

    >>> setting_text("context", 400), setting_text("weights", "w.pt")
    ('context=400', 'weights="w.pt"')
    """
    return f"{name}={json.dumps(value)}"
