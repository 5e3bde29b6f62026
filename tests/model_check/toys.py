"""Networks that break one rule each, and two whose outputs depend on all of a call."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from regtrack.predict.description import NetworkDescription
from regtrack.predict.plain import PlainNetwork, as_network


class Local(nn.Module):
    """One-hot (B, 4, L) to (B, 2, bins): bins that see `around` bp beyond themselves."""

    def __init__(self, around: int = 12, width: int = 1, *, cropped: bool = True) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.conv = nn.Conv1d(
            4, 2, 2 * around + 1, padding=0 if cropped else around, dtype=torch.float64
        )
        self.width = width

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.conv(x.double())
        return F.max_pool1d(found, self.width) if self.width > 1 else found


class Attention(nn.Module):
    """One-hot (B, 4, L) to (B, 2, L): every output attends to all of the call."""

    def __init__(self, crop: int = 0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv1d(4, 8, 15, padding=7)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Conv1d(8, 2, 1)
        self.crop = crop

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.conv(x)).transpose(1, 2)
        y = y + 5 * self.attention(3 * y, 3 * y, y, need_weights=False)[0]
        found: Tensor = self.head(y.transpose(1, 2))
        return found[..., self.crop : found.shape[2] - self.crop]


class Normalised(nn.Module):
    """One-hot (B, 4, L) to (B, 2, L): what a convolution gives, normalised within the call."""

    def __init__(self, crop: int = 0) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.conv = nn.Conv1d(4, 8, 15, padding=7)
        self.head = nn.Conv1d(8, 2, 1)
        self.crop = crop

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.conv(x))
        y = (y - y.mean(2, keepdim=True)) / (y.std(2, keepdim=True) + 0.01)
        found: Tensor = self.head(y)
        return found[..., self.crop : found.shape[2] - self.crop]


def local(around: int = 12, width: int = 1, **said: object) -> PlainNetwork:
    """`Local` with a description: the true one, but for what is said."""
    cropped = bool(said.pop("cropped", True))
    true: dict[str, object] = {"crop": around if cropped else 0, "reach": around, "bin": width}
    return as_network(
        Local(around, width, cropped=cropped),
        ["a", "b"],
        **(true | said),  # type: ignore[arg-type]
    )


class Silent(nn.Module):
    """One-hot (B, 4, L) to (B, 1, L - 24): 0 but where a motif begins.

    Args:
        motif: `A C G T` as 0 to 3; empty: 0 everywhere.
        first: where in a call the motif of the first output begins (bp).
    """

    def __init__(self, motif: Sequence[int] = (0, 2), first: int = 12) -> None:
        super().__init__()
        self.motif, self.first = motif, first

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[2] - 24
        found = x.double().sum(1, keepdim=True)[..., :length] * 0
        if not self.motif:
            return found
        parts = [
            x.double()[:, base, None, self.first + at : self.first + at + length]
            for at, base in enumerate(self.motif)
        ]
        return torch.relu(torch.stack(parts).sum(0) - (len(self.motif) - 0.5))


class Misbehaved(nn.Module):
    """Codes to (B, M, L), by a function of the one-hot sequence and the rows."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault = fault
        self.description = NetworkDescription("misbehaved", ["a", "b"], reach=0)

    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        one_hot = torch.eye(5, dtype=torch.float64, device=codes.device)[codes.long()][..., :4]
        weights = one_hot.new_tensor([0.1, -0.3, 0.7, 0.2])
        base = (one_hot * weights).sum(2)  # (B, L)
        found = torch.stack([base, 2 * base], dim=1)[:, list(rows)]
        faults = {
            "": lambda: found,
            "determinism": lambda: F.dropout(found, 0.5, training=True),
            "batch": lambda: found - found.mean(0, keepdim=True),
            "rows": lambda: found[:, :1].expand(-1, len(rows), -1),
            "dtype": (found * 100).long,
            "values": found.log,
            "unknown": lambda: found / one_hot.sum(2)[:, None],
            "shape": lambda: found.transpose(1, 2),
        }
        return faults[self.fault]()
