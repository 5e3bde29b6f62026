"""Colours, apart from matplotlib, for figures of every kind."""

from __future__ import annotations

from typing import Literal

from regtrack.model_style import ModelStyle

# Okabe and Ito 2008, "Color Universal Design": distinct to the colour-blind, darkest first
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

# what a sentence beside the data is written in
GREY = "#6A6A6A"

# A C G T, as other tools colour them (green, blue, orange, red), in tones that all can tell apart
LETTER_COLOURS = {
    "A": COLOURS["green"],
    "C": COLOURS["blue"],
    "G": COLOURS["orange"],
    "T": COLOURS["vermillion"],
    "N": "#999999",
}

# of a loss, of nothing, of a gain; losses are darker, so that the two differ in grey as well
LOSS_GAIN = ("#00305E", "#FFFFFF", COLOURS["vermillion"])


def line_of(model: ModelStyle) -> tuple[str, Literal["-"] | tuple[float, tuple[float, ...]]]:
    """The colour and the dashes of a model's line, as matplotlib takes them."""
    return model.light, (0, model.dashes) if model.dashes else "-"
