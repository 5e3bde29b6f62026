"""Shared options with few values, and the shell completions for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer


def offer(*values: str) -> Callable[[str], list[str]]:
    """The values that begin with the text typed, for `typer.Option(autocompletion=...)`.

    >>> offer("auto", "cpu", "cuda")("c")
    ['cpu', 'cuda']
    """

    def matching(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return matching


PRECISIONS = offer("fp32", "bf16")
DEVICES = offer("auto", "cpu", "cuda")
COMPILING = offer("auto", "on", "off")

Precision = Annotated[str, typer.Option(help="fp32 or bf16.", autocompletion=PRECISIONS)]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:0.", autocompletion=DEVICES)]
AnyAssembly = Annotated[
    bool, typer.Option("--any-assembly", help="Accept an assembly other than the training's.")
]
