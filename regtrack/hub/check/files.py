"""Checks a hub's binary files through the parts that browsers read first."""

from __future__ import annotations

from pathlib import Path

from regtrack.errors import RegtrackError
from regtrack.files.recognise import HEAD, recognise
from regtrack.genome.assembly import Assembly
from regtrack.hub.check.places import Places, UnreachableError
from regtrack.tracks.bigbed import write as bigbed
from regtrack.tracks.bigwig import layout
from regtrack.tracks.bigwig.source import Source
from regtrack.tracks.bigwig.trees import read_chromosomes

_FIRST = 1 << 16  # bytes that are read at once from the start
_LONGEST = 1 << 24  # bytes of anything that is read
_ENDS = {"a bigWig": layout.MAGIC, "a bigBed": bigbed.MAGIC}


class RangeSource(Source):
    """A file read by range requests.

    Attributes:
        notes: what browsers will have trouble with.

    Raises:
        UnreachableError: it cannot be read.
    """

    def __init__(self, places: Places, address: str, name: str) -> None:
        self.path = Path(name)
        self.big_endian = False
        self._places, self._address = places, address
        first = places.part(address, 0, _FIRST)
        self.first, self.notes = first.data, first.notes
        self.size = len(first.data) if first.size is None else first.size

    def close(self) -> None:
        """Nothing is open."""

    def read(self, at: int, size: int, what: str) -> bytes:
        """As `Source.read`."""
        if at + size > self.size or size > _LONGEST:
            raise self.error(
                what, at, f"needs {size:,} bytes, but the file ends at {self.size:,}; truncated?"
            )
        if at + size <= len(self.first):
            return self.first[at : at + size]
        data = self._places.part(self._address, at, size).data
        if len(data) != size:
            raise self.error(what, at, f"{len(data):,} of {size:,} bytes could be read")
        return data


def open_file(places: Places, address: str, name: str, expected: str) -> RangeSource:
    """Open a file of a hub.

    Args:
        places: where it lies.
        address: its address.
        name: its name in the hub, for messages.
        expected: what it has to be, as `recognise` puts it.

    Raises:
        UnreachableError: it cannot be read, or is something else.
    """
    source = RangeSource(places, address, name)
    kind = recognise(source.first[:HEAD]) if source.first else "an empty file"
    if "HTML" in kind:
        kind = "an HTML page"
    if kind.replace("a big-endian ", "a ") != expected:
        raise UnreachableError(f"is {kind}; expected {expected}")
    source.big_endian = kind.startswith("a big-endian")
    return source


def assembly_of_track(source: RangeSource, expected: str) -> Assembly:
    """The chromosomes of a bigWig or bigBed, whose last bytes must be there too.

    Raises:
        UnreachableError: it is damaged or truncated.
    """
    try:
        fields = source.unpack(layout.HEADER, 0, "header")
        tree, _ = read_chromosomes(source, fields[3])
        end = source.read(source.size - 4, 4, "end of the file")
        assembly = tree.assembly
    except RegtrackError as error:
        raise UnreachableError(str(error).removeprefix(f"{source.path}: ")) from error
    order = "big" if source.big_endian else "little"
    if int.from_bytes(end, order) != _ENDS[expected]:  # type: ignore[arg-type]
        raise UnreachableError("does not end as it began: it was not uploaded completely")
    return assembly


def assembly_of_two_bit(source: RangeSource) -> Assembly:
    """The chromosomes of a 2bit.

    Raises:
        UnreachableError: it is damaged or truncated.
    """
    order = "big" if source.big_endian else "little"

    def number(at: int) -> int:
        return int.from_bytes(source.read(at, 4, "sequence"), order)  # type: ignore[arg-type]

    names, lengths, at = [], [], 16
    try:
        for _ in range(number(8)):
            size = source.read(at, 1, "index")[0]
            names.append(source.read(at + 1, size, "index").decode("utf-8", "replace"))
            lengths.append(number(number(at + 1 + size)))
            at += 5 + size
        return Assembly(tuple(names), tuple(lengths))
    except RegtrackError as error:
        raise UnreachableError(str(error).removeprefix(f"{source.path}: ")) from error
