"""`regtrack`: every command by name, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from importlib import import_module
from typing import Annotated

import typer

from regtrack.cli.console import print_error, set_quiet, start_notes
from regtrack.errors import RegtrackError

# in the order of a user's work, which is the order of `regtrack --help`
COMMANDS = (
    "demo",
    "simulate",
    "build-dataset",
    "train",
    "evaluate",
    "predict-genome",
    "assemble",
    "serve",
    "saliency",
    "receptive-field",
    "validate",
    "inspect",
    "benchmark",
)

_INTERRUPTED = 130  # 128 + SIGINT, as shells have it
_TERMINATED = 128 + signal.SIGTERM

app = typer.Typer(
    help="Learn regulatory markers from DNA and write genome browser tracks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from regtrack.version import __version__

        print(f"regtrack {__version__}")
        raise typer.Exit


@app.callback(epilog="Start with: regtrack demo")
def _global(
    _shown: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="More notes; a traceback on errors.")
    ] = False,
) -> None:
    set_quiet(quiet)
    start_notes(verbose=verbose)
    if verbose:
        os.environ["REGTRACK_TRACEBACK"] = "1"


for _name in COMMANDS:
    _module = import_module(f"regtrack.cli.{_name.replace('-', '_')}")
    app.command(_name, epilog=_module.EPILOG, no_args_is_help=_name != "demo")(_module.command)


def _terminate(_signal: int, _frame: object) -> None:
    """End as Ctrl-C does, so that what is written is let go of."""
    print_error("terminated")
    raise SystemExit(_TERMINATED)


def main() -> None:
    """Run the command line; a user's mistake costs one line and exit status 2."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app()
    except RegtrackError as error:
        if os.environ.get("REGTRACK_TRACEBACK"):
            traceback.print_exc()
        print_error(str(error))
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit) as stop:
        # typer turns Ctrl-C into a silent exit with this status
        interrupted = isinstance(stop, KeyboardInterrupt) or stop.code == _INTERRUPTED
        if not interrupted:
            raise
        print_error("interrupted")
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # the reader of our output went away (`| head`); nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
