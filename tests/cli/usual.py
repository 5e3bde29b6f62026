"""The usual options of a command under test."""

from __future__ import annotations


def usual(options: tuple[str, ...], *pairs: str) -> list[str]:
    """The options of a test, and those of the pairs that it does not give itself.

    >>> usual(("--out", "b"), "--out", "a", "--window", "500")
    ['--window', '500', '--out', 'b']
    """
    kept = [
        word
        for name, value in zip(pairs[::2], pairs[1::2], strict=True)
        if name not in options
        for word in (name, value)
    ]
    return [*kept, *options]
