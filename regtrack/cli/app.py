"""`regtrack`: all commands by name, and the one place where errors become exit codes."""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

from regtrack.cli.console import print_error, set_quiet, start_notes
from regtrack.cli.once import OnceCommand
from regtrack.cli.process import STOPPED, Stop, keep_writing
from regtrack.cli.wording import in_options, speak_of
from regtrack.errors import RegtrackError

# in the order of a user's work, also in `regtrack --help`
PANELS = {
    "Start": ("demo", "quickstart"),
    "Data": ("fetch", "build-dataset", "simulate"),
    "Networks": ("train", "search", "evaluate", "calibrate", "check-model", "benchmark"),
    "Tracks": ("predict", "predict-genome", "assemble", "calls", "compare"),
    "Pictures and browsers": ("serve", "figure", "report", "hub"),
    "What a network looks at": ("saliency", "saliency-tracks", "receptive-field"),
    "Files": ("validate", "inspect"),
}
COMMANDS = {name: panel for panel, names in PANELS.items() for name in names}

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


def _paragraphs(text: str) -> str:
    r"""A docstring with one line per paragraph, which the terminal wraps at its own width.

    >>> _paragraphs("Do it.\n\n    It takes\n    a while.")
    'Do it.\n\nIt takes a while.'
    """
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n"))


for _name, _panel in COMMANDS.items():
    _module = import_module(f"regtrack.cli.{_name.replace('-', '_')}")
    app.command(
        _name,
        cls=OnceCommand,
        help=_paragraphs(_module.command.__doc__),
        epilog=_module.EPILOG,
        rich_help_panel=_panel,
        no_args_is_help=_name not in {"demo", "quickstart"},
    )(_module.command)


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
