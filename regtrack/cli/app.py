"""`regtrack`: the options of all commands, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from regtrack.cli.commands import CommandGroup
from regtrack.cli.console import print_error, set_quiet, start_notes
from regtrack.cli.process import STOPPED, Stop, keep_writing
from regtrack.cli.wording import in_options, speak_of
from regtrack.errors import RegtrackError

app = typer.Typer(
    cls=CommandGroup,
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
    ctx: typer.Context,
    _shown: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="More notes; a traceback on errors.")
    ] = False,
) -> None:
    speak_of(_parameters(ctx))
    set_quiet(quiet)
    start_notes(verbose=verbose)
    if verbose:
        os.environ["REGTRACK_TRACEBACK"] = "1"


def _parameters(ctx: typer.Context) -> Sequence[Any]:
    """The parameters of the command about to run."""
    commands: Any = ctx.command  # a group, from typer's own copy of click
    command = commands.get_command(ctx, ctx.invoked_subcommand)
    return () if command is None else command.params


def run(stop: Stop) -> None:
    """Run the command line; a user's mistake is reported in one line, with exit status 2.

    Args:
        stop: handles the signals already.
    """
    keep_writing()
    try:
        try:
            app(prog_name="regtrack")
        finally:
            print(end="", flush=True)
    except BaseException as error:
        if isinstance(error, SystemExit) and not error.code:
            raise
        # a signal takes precedence over errors it caused; Ctrl-C may come as a status alone
        status = stop.status or (error.code if isinstance(error, SystemExit) else None)
        if status in STOPPED:
            print_error(STOPPED[status])
            sys.exit(status)
        if not isinstance(error, RegtrackError | OSError):
            raise
        if os.environ.get("REGTRACK_TRACEBACK"):
            traceback.print_exc()
        print_error(in_options(_line(error)))
        sys.exit(2)


def _line(error: RegtrackError | OSError) -> str:
    """An error as one line; system errors may name a file."""
    if isinstance(error, RegtrackError) or not error.strerror:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
