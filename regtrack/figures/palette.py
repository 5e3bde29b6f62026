"""Colours for figures of every kind, without matplotlib."""

from __future__ import annotations

from typing import Literal

from regtrack.model_style import ModelStyle

# Okabe and Ito 2008, "Color Universal Design": distinct to colour-blind readers, darkest first
COLOURS = {
    "black": "#000000",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
}

# for text next to data
GREY = "#6A6A6A"

# A C G T in the usual colours (green, blue, orange, red), in tones that everyone can distinguish
LETTER_COLOURS = {
    "A": COLOURS["green"],
    "C": COLOURS["blue"],
    "G": COLOURS["orange"],
    "T": COLOURS["vermillion"],
    "N": "#999999",
}

# of a loss, no effect, a gain; losses are darker, so that the two also differ in grey
LOSS_GAIN = ("#00305E", "#FFFFFF", COLOURS["vermillion"])


def line_of(model: ModelStyle) -> tuple[str, Literal["-"] | tuple[float, tuple[float, ...]]]:
    """The colour and the dashes of a model's line, as matplotlib takes them."""
    return model.light, (0, model.dashes) if model.dashes else "-"
