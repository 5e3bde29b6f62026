"""Pieces of HTML: text that is escaped, and tables that sort."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: what is shown.
        value: by which its column sorts; None: by the text.
        number: whether it is aligned as a number.
        colour: of a swatch before the text; empty: none.
        code: whether it is shown in letters of one width.
    """

    text: str
    value: float | None = None
    number: bool = False
    colour: str = ""
    code: bool = False


def number(value: float | None, digits: int = 3) -> Cell:
    """A number as a cell; missing ones sort last.

    >>> number(0.12345).text, number(None).text
    ('0.123', '–')
    """
    if value is None or math.isnan(value):
        return Cell("–", float("-inf"), number=True)
    return Cell(f"{value:.{digits}f}".replace("-", "−"), value, number=True)


def count(value: int) -> Cell:
    """A whole number as a cell."""
    return Cell(f"{value:,}", float(value), number=True)


def table(
    head: Sequence[str], rows: Iterable[Sequence[Cell]], *, caption: str, identity: str = ""
) -> str:
    """A table whose columns sort when their names are clicked.

    Args:
        head: names of the columns.
        rows: cells of each row.
        caption: what the table shows.
        identity: its id, for links.
    """
    names = "".join(
        f'<th scope="col"><button type="button">{escape(name)}</button></th>' for name in head
    )
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    known = f' id="{escape(identity)}"' if identity else ""
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="sorts"{known}><caption>{escape(caption)}</caption>'
        f"<thead><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def plain_table(rows: Iterable[tuple[str, str]]) -> str:
    """A table of names and values, in letters of one width."""
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td><code>{escape(text)}</code></td></tr>'
        for name, text in rows
    )
    return f'<div class="wide"><table class="pairs"><tbody>{body}</tbody></table></div>'


def _cell(cell: Cell) -> str:
    looks = ' class="n"' if cell.number else ""
    value = "" if cell.value is None else f' data-v="{cell.value!r}"'
    swatch = f'<i style="background:{escape(cell.colour)}"></i>' if cell.colour else ""
    text = f"<code>{escape(cell.text)}</code>" if cell.code else escape(cell.text)
    return f"<td{looks}{value}>{swatch}{text}</td>"
