"""The command line: one file a command, each ending in one library call."""

from regtrack.cli.app import main

__all__ = ["main"]
