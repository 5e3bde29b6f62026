"""Sequences as images of height 1, which torch's convolutions read without copying them."""

from __future__ import annotations

from torch import Tensor


def as_image(x: Tensor) -> Tensor:
    """Floats (B, L, C) as (B, C, 1, L): a view that torch recognises as a channels-last image."""
    return x.transpose(1, 2)[:, :, None]


def as_sequence(image: Tensor) -> Tensor:
    """Floats (B, C, 1, L) as (B, L, C), a view."""
    return image.squeeze(2).transpose(1, 2)
