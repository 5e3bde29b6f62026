"""What a bigWig cannot hold, so that it is said before anything is computed."""

from __future__ import annotations

from regtrack.errors import TrackError
from regtrack.files.shown import shown
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.layout import LAST_BASE, LONGEST_NAME


def check_representable(assembly: Assembly) -> None:
    """Check that tracks of an assembly can be written.

    Raises:
        TrackError: a chromosome is too long for the format, or its name is.
    """
    for name, length in zip(assembly.names, assembly.lengths, strict=True):
        if length > LAST_BASE:
            raise TrackError(
                f"chromosome {shown(name)} of {length:,} bp does not fit into a bigWig, whose "
                f"coordinates end at {LAST_BASE:,}; split it in the reference"
            )
        if len(name) > LONGEST_NAME // 4 and len(name.encode()) > LONGEST_NAME:
            raise TrackError(
                f"the chromosome name {shown(name)} has {len(name.encode()):,} bytes, and a "
                f"bigWig's at most {LONGEST_NAME:,}; shorten it in the reference"
            )
