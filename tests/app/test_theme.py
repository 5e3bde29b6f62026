"""Colours can be read: contrast as WCAG 2.1 computes it."""

from __future__ import annotations

import pytest
from regtrack_app.state import MOST_MODELS
from regtrack_app.theme import DARK, THEMES, Theme, faint, line_of

from regtrack.model_style import TITLES, style_of


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_words_and_lines_stand_out(theme: Theme) -> None:
    for colour in (theme.text, theme.quiet):
        assert contrast(colour, theme.ground) >= 4.5
    for colour in (
        *theme.categories,
        theme.signal,
        theme.gene,
        theme.label,
        *theme.letters.values(),
    ):
        assert contrast(colour, theme.ground) >= 3


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_every_model_has_a_colour_that_stands_out_and_a_line_of_its_own(theme: Theme) -> None:
    names = list(TITLES)[:MOST_MODELS]  # without those of short windows
    found = [line_of(theme, style_of(name)) for name in names]
    assert len({colour for colour, _ in found}) == len({dash for _, dash in found}) == len(names)
    assert list(TITLES)[MOST_MODELS:] == ["deepsea", "danq", "dilated6"]
    assert all(contrast(colour, theme.ground) >= 3 for colour, _ in found)
    assert found[4] == (
        style_of("dilated").dark if theme is DARK else style_of("dilated").light,
        "solid",
    )


def test_a_faint_colour_is_the_same_colour() -> None:
    assert faint("#ff8000", 0.25) == "rgba(255,128,0,0.25)"
