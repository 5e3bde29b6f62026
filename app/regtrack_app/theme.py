"""Colours of the page, light and dark; those of models are in `regtrack.model_style`.

The colours are Okabe and Ito's (2008, "Color Universal Design"), which colour-blind users can
distinguish. On a dark ground the dim ones are lightened.
"""

from __future__ import annotations

from dataclasses import dataclass

from regtrack.model_style import NO_MODEL, OKABE_ITO, ModelStyle

FONT = "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, 'Liberation Mono', 'DejaVu Sans Mono', monospace"


@dataclass(frozen=True)
class Theme:
    """The colours of one theme.

    Attributes:
        ground: background of the figure.
        text: words and numbers.
        quiet: less important words; still 4.5:1 against the ground.
        rule: axis lines.
        absent: the hatching of stretches without values.
        label: bars of labelled stretches.
        gene: gene bodies.
        categories: of markers, in order of appearance.
        signal: tracks without a model.
        letters: of A, C, G, T and N.
        splits: of train, valid and test.
    """

    ground: str
    text: str
    quiet: str
    rule: str
    absent: str
    label: str
    gene: str
    categories: tuple[str, ...]
    signal: str
    letters: dict[str, str]
    splits: dict[str, str]


LIGHT = Theme(
    ground="#ffffff",
    text="#1c2430",
    quiet="#5b6675",
    rule="#d5dae1",
    absent="#b4bcc7",
    label="#3f4a59",
    gene="#33486b",
    categories=(
        *(OKABE_ITO[hue] for hue in ("blue", "vermillion", "green")),
        "#a8538a",
        "#b37700",
        "#333333",
    ),
    signal=NO_MODEL,
    letters={
        "A": "#00805d",
        "C": OKABE_ITO["blue"],
        "G": "#a86f00",
        "T": "#c44500",
        "N": "#77818f",
    },
    splits={"train": "#b9c1cc", "valid": OKABE_ITO["orange"], "test": OKABE_ITO["blue"]},
)
DARK = Theme(
    ground="#151a21",
    text="#e6eaf0",
    quiet="#9ba7b6",
    rule="#36404d",
    absent="#55606e",
    label="#b7c1ce",
    gene="#a9bfe6",
    categories=(OKABE_ITO["sky"], "#ff8b45", "#2fc99c", "#e19ec3", "#f0b429", "#dddddd"),
    signal="#9ba7b6",
    letters={"A": "#2fc99c", "C": OKABE_ITO["sky"], "G": "#f0b429", "T": "#ff8b45", "N": "#9ba7b6"},
    splits={"train": "#4c5764", "valid": "#f0b429", "test": OKABE_ITO["sky"]},
)
THEMES = {"light": LIGHT, "dark": DARK}


def line_of(theme: Theme, model: ModelStyle) -> tuple[str, str]:
    """The colour and dash pattern of a model."""
    return model.dark if theme is DARK else model.light, model.dash


def faint(colour: str, alpha: float) -> str:
    """A colour with some transparency.

    >>> faint("#0072b2", 0.2)
    'rgba(0,114,178,0.2)'
    """
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
