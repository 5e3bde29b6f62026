"""Colours for figures of every kind, without matplotlib."""

from __future__ import annotations

from typing import Literal

from regtrack.model_style import OKABE_ITO, ModelStyle

# for text next to data
GREY = "#6A6A6A"

# A C G T in the usual colours (green, blue, orange, red), in tones that everyone can distinguish
LETTER_COLOURS = {
    "A": OKABE_ITO["green"],
    "C": OKABE_ITO["blue"],
    "G": OKABE_ITO["orange"],
    "T": OKABE_ITO["vermillion"],
    "N": "#999999",
}

# of a loss, no effect, a gain; losses are darker, so that the two also differ in grey
LOSS_GAIN = ("#00305E", "#FFFFFF", OKABE_ITO["vermillion"])


def line_of(model: ModelStyle) -> tuple[str, Literal["-"] | tuple[float, tuple[float, ...]]]:
    """The colour and the dashes of a model's line, as matplotlib takes them."""
    return model.light, (0, model.dashes) if model.dashes else "-"
