"""Both strands of a sequence through the same blocks, and the mean of what they give.

What a network then says of a sequence is what it says of the reverse complement, reversed: its
features are equivariant, exactly (Zhou et al. 2022, "Towards a better understanding of
reverse-complement equivariance for deep learning models in genomics", conjoined networks).

Rows are reversed within their own ends, so that the padding after them stays after them.
"""

from __future__ import annotations

import torch
from torch import Tensor


def both_strands(x: Tensor, ends: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Rows, and then their reverse complements.

    Args:
        x: one-hot letters A C G T, floats (B, L, 4); N is zeros.
        ends: the positions of each row, int64 (B,); None: all of them.

    Returns:
        Floats (2B, L, 4), and the ends of these rows, int64 (2B,).
    """
    other = reversed_rows(x.flip(2), ends)  # the complements of A C G T are T G C A
    return torch.cat([x, other]), None if ends is None else torch.cat([ends, ends])


def mean_of_strands(x: Tensor, ends: Tensor | None) -> Tensor:
    """The mean at every base, (B, L, C), of what both strands gave, floats (2B, L, C).

    Args:
        x: of the rows as they are, and then of their reverse complements.
        ends: the positions of each row, int64 (2B,); None: all of them.
    """
    rows = len(x) // 2
    other = reversed_rows(x[rows:], None if ends is None else ends[rows:])
    return (x[:rows] + other).mul_(0.5)


def reversed_rows(x: Tensor, ends: Tensor | None) -> Tensor:
    """Each row from its end to its beginning; what is past its end stays there.

    Args:
        x: (B, L, C).
        ends: the positions of each row, int64 (B,); None: all of them.
    """
    if ends is None:
        return x.flip(1)
    places = torch.arange(x.shape[1], device=x.device)
    mirrored = torch.where(places < ends[:, None], ends[:, None] - 1 - places, places)
    return x.gather(1, mirrored[..., None].expand(-1, -1, x.shape[2]))


def mean_of_tile(own: Tensor, other: Tensor, factor: int) -> Tensor:
    """The mean of a tile's features, floats (1, T, C), of which the other strand's are reversed.

    Args:
        own: of a strand, at T bases.
        other: of the other strand's positions in the first strand's order, each of which became
            `factor` bases, still in its own order.
        factor: bases of a position.
    """
    turned = other.view(1, -1, factor, other.shape[2]).flip(2).flatten(1, 2)
    return turned.add_(own).mul_(0.5)
