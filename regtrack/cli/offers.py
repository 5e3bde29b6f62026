"""What the shell offers for options whose values are few."""

from __future__ import annotations

from collections.abc import Callable


def offer(*values: str) -> Callable[[str], list[str]]:
    """Those of the values that begin as what is typed, for `typer.Option(autocompletion=...)`.

    >>> offer("auto", "cpu", "cuda")("c")
    ['cpu', 'cuda']
    """

    def matching(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return matching


PRECISIONS = offer("fp32", "bf16")
DEVICES = offer("auto", "cpu", "cuda")
COMPILING = offer("auto", "on", "off")
