"""All commands by name, each of which is imported and built when it is asked for."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command
from typing_extensions import override

from regtrack.cli.mistakes import in_one_line
from regtrack.cli.once import OnceCommand

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


class CommandGroup(TyperGroup):
    """The group of all commands. Running one builds no other, which would take longer than it."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Any = _Commands()

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the order of a user's work."""
        return list(COMMANDS)

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words up to the command's name.

        Raises:
            RegtrackError: an unknown option.
        """
        with in_one_line(ctx, args):
            return super().parse_args(ctx, args)

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the words name.

        Raises:
            RegtrackError: an unknown command.
        """
        with in_one_line(ctx, args):
            return super().resolve_command(ctx, args)


class _Commands(Mapping[str, Any]):
    """Commands of typer by their names."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        return _built(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


@cache
def _built(name: str) -> Any:
    module = import_module(f"regtrack.cli.{name.replace('-', '_')}")
    alone = typer.Typer(add_completion=False, rich_markup_mode="rich")
    alone.command(
        name,
        cls=OnceCommand,
        help=_paragraphs(module.command.__doc__),
        epilog=module.EPILOG,
        rich_help_panel=COMMANDS[name],
        no_args_is_help=name not in {"demo", "quickstart"},
    )(module.command)
    return get_command(alone)


def _paragraphs(text: str) -> str:
    r"""A docstring with one line per paragraph, which the terminal wraps at its own width.

    >>> _paragraphs("Do it.\n\n    It takes\n    a while.")
    'Do it.\n\nIt takes a while.'
    """
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n"))
