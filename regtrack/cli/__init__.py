"""The command line: one file per command, each of which makes one library call."""

from __future__ import annotations

import sys

from regtrack.cli.process import STOPPED, Stop


def main() -> None:
    """Run the command line; signals are handled from the start, before the slow imports."""
    stop = Stop()
    stop.listen()
    try:
        from regtrack.cli.app import run
    except BaseException:
        if stop.status not in STOPPED:
            raise
        print(f"error: {STOPPED[stop.status]}", file=sys.stderr)
        sys.exit(stop.status)
    run(stop)
