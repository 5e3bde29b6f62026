"""Other people's text inside our messages: short, in one line, and harmless to a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from regtrack.errors import harmless


def shown(text: object, most: int = 80) -> str:
    r"""A text as it may stand in a message: control characters escaped, cut to `most` characters.

    Bytes are read as UTF-8, with escapes for those that are not.

    >>> shown("a\tb\x1b[31m")
    'a\\tb\\x1b[31m'
    >>> shown(b"caf\xc3\xa9 \xff", most=40)
    'café \\xff'
    >>> shown("0123456789", most=6)
    '012...'
    """
    if isinstance(text, bytes):
        text = text[: 4 * most + 4].decode("utf-8", "backslashreplace")
    escaped = harmless(str(text)[: most + 1])
    return escaped if len(escaped) <= most else f"{escaped[: most - 3]}..."


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first few names, for messages.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(shown(name, 60) for name in names[:most]) + more
