"""Shared options with few values, and the shell completions for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from regtrack.predict.precision import PRECISIONS


def offer(*values: str) -> Callable[[str], list[str]]:
    """The values that begin with the text typed, for `typer.Option(autocompletion=...)`.

    >>> offer("auto", "cpu", "cuda")("c")
    ['cpu', 'cuda']
    """

    def matching(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return matching


COMPILING = offer("auto", "on", "off")


def precision(text: str = "fp32 or bf16.", panel: str | None = None) -> Any:
    """The option --precision, in a panel of the help."""
    return typer.Option(help=text, autocompletion=offer(*PRECISIONS), rich_help_panel=panel)


def device(panel: str | None = None) -> Any:
    """The option --device, in a panel of the help."""
    return typer.Option(
        help="auto, cpu, cuda or cuda:0.",
        autocompletion=offer("auto", "cpu", "cuda"),
        rich_help_panel=panel,
    )


Precision = Annotated[str, precision()]
Device = Annotated[str, device()]
AnyAssembly = Annotated[
    bool, typer.Option("--any-assembly", help="Accept an assembly other than the training's.")
]
