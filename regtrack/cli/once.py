"""The class of all commands: an option takes one value at a time, which is not an empty one."""

from __future__ import annotations

import os
from collections import Counter
from itertools import takewhile
from pathlib import Path
from typing import Any

from typer.core import TyperCommand
from typing_extensions import override

from regtrack.cli.mistakes import in_one_line
from regtrack.errors import RegtrackError


class OnceCommand(TyperCommand):
    """A command that neither keeps the last of several values nor drops an empty one in silence.

    An empty value is that of an unset variable (`--region "$REGION"`), not the default.
    """

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words after the command's name.

        Raises:
            RegtrackError: an option with one value, or both sides of a switch, given twice; an
                empty value; a value too many of a list; words that the command does not have or
                cannot take.
        """
        with in_one_line(ctx, args):
            if not ctx.resilient_parsing:  # of a shell that completes words
                self._check(ctx, args)
            return super().parse_args(ctx, args)

    def _check(self, ctx: Any, args: list[str]) -> None:
        values, _, order = self.make_parser(ctx).parse_args(list(args))
        for parameter, count in Counter(order).items():
            if count > 1 and _has_one_value(parameter):
                name = "/".join(parameter.opts + parameter.secondary_opts)
                raise RegtrackError(f"{name} was given {_times(count)}; give it once")
        for parameter in order:
            if _is_empty(values.get(parameter.name)) and parameter.param_type_name == "option":
                raise RegtrackError(
                    f"{parameter.opts[0]} is empty; name something, or omit the option"
                )
        if any(one.name in _FILES for one in self.params):
            self._check_lists(args)

    def _check_lists(self, args: list[str]) -> None:
        """Refuse `--markers A B` where B, which is then a file, is none."""
        lists = {word for one in self.params if _is_list(one) for word in one.opts}
        for at, word in enumerate(args):
            option, equals, _ = word.partition("=")
            if option not in lists:
                continue
            after = args[at + (1 if equals else 2) :]
            for more in takewhile(lambda one: not one.startswith("-"), after):
                if not ("=" in more or os.sep in more or Path(more).exists()):
                    raise RegtrackError(
                        f"found {more} after a value of {option}, and no file of that name; for "
                        f"several values repeat {option}"
                    )


_FILES = ("paths", "checkpoints")  # arguments of any number of files


def _is_list(parameter: Any) -> bool:
    return parameter.param_type_name == "option" and bool(parameter.multiple)


def _is_empty(value: Any) -> bool:
    return any(isinstance(one, str) and not one.strip() for one in [value, *_several(value)])


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _has_one_value(parameter: Any) -> bool:
    if parameter.param_type_name != "option" or parameter.multiple:
        return False
    return not parameter.is_flag or bool(parameter.secondary_opts)


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"
