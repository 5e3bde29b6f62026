"""Other people's networks as a `Network`: values at single bases for a read of any length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from regtrack.errors import NetworkError
from regtrack.genome.sequence import Codes, N
from regtrack.predict.adapter_errors import adapter_errors
from regtrack.predict.calls import Calls
from regtrack.predict.description import NetworkDescription, Sides
from regtrack.predict.network import SequenceNetwork, Traits


class Fitted(nn.Module):
    """A described network that can be swept; see `regtrack.predict.calls` for how it is called.

    Args:
        network: a `torch.nn.Module` that fulfils the contract.

    Attributes:
        traits: in what it differs from the plain case.

    Raises:
        NetworkError: it has no description, or is no module.
    """

    def __init__(self, network: SequenceNetwork) -> None:
        super().__init__()
        described = getattr(network, "description", None)
        if not isinstance(network, nn.Module) or not isinstance(described, NetworkDescription):
            what = "a torch module" if isinstance(network, nn.Module) else type(network).__name__
            raise NetworkError(
                f"found {what} without a description; expected a torch.nn.Module whose "
                "description is a regtrack.NetworkDescription, or what regtrack.as_network returns"
            )
        self.network = network
        self.description = described
        self.calls = Calls.of(described)
        self.traits = Traits(
            values=described.values,
            crop=self.calls.context,
            whole=True,
            bin=described.bin,
            seam=self.calls.seam,
            partners=described.partners,
            answers=self._answers if described.unknown == "refuse" else None,
        )

    @property
    def name(self) -> str:
        """The network's name."""
        return self.description.name

    @property
    def marker_count(self) -> int:
        """M, the number of its tracks."""
        return len(self.description.outputs)

    @property
    def stride(self) -> int:
        """The bp to whose multiples reads keep, besides their context."""
        return self.calls.step

    @property
    def flank(self) -> int | None:
        """The bp to read on each side besides the context; None: unbounded."""
        return self.calls.flank

    @property
    def reach(self) -> Sides | None:
        """How far an output depends on the sequence to either side (bp); None: unbounded."""
        return self.description.reached

    def logits(
        self,
        codes: Tensor,
        markers: Tensor | Sequence[int] | None = None,
        lengths: Tensor | None = None,
    ) -> Tensor:
        """The values, floats (B, M, L - 2 context), of codes (B, L): per track and base.

        Args:
            codes: as `regtrack.predict.network.Network`.
            markers: the tracks, by their index; None: all.
            lengths: as `regtrack.predict.network.Network`.

        Raises:
            NetworkError: the network raises, or its outputs are not as described.
        """
        every = range(self.marker_count)
        rows = list(every) if markers is None else torch.as_tensor(markers).tolist()
        if lengths is None or self._padding_is_unseen:
            return self._values(codes, rows)
        found = codes.new_zeros(
            len(codes), len(rows), codes.shape[1] - 2 * self.calls.context, dtype=torch.float32
        )
        for row, length in enumerate(lengths.tolist()):
            alone = self._values(codes[row : row + 1, :length], rows)
            found[row, :, : alone.shape[2]] = alone[0]
        return found

    @property
    def _padding_is_unseen(self) -> bool:
        """Whether no output depends on what follows the context of its read."""
        return self.calls.window is not None or self.calls.flank == 0

    def _values(self, codes: Tensor, rows: list[int]) -> Tensor:
        calls, width = self.calls, self.description.bin
        spare = (calls.context - calls.left, calls.context - calls.right)
        read = codes[:, spare[0] : codes.shape[1] - spare[1]]
        found = self._called(read, rows) if calls.window is None else self._windows(read, rows)
        return found if width == 1 else found.repeat_interleave(width, dim=2)

    def _windows(self, codes: Tensor, rows: list[int]) -> Tensor:
        """The values (B, M, bins) of a read (B, L), from windows of the length that is taken."""
        calls, width = self.calls, self.description.bin
        assert calls.window is not None
        windows = codes.unfold(1, calls.window, calls.step)
        batch, count = windows.shape[:2]
        flat = windows.reshape(-1, calls.window)
        at_once = max(1, codes.numel() // calls.window)  # no more memory than for the read itself
        found = torch.cat([self._called(part, rows) for part in torch.split(flat, at_once)])
        found = found.view(batch, count, *found.shape[1:])
        if calls.seam == "blend":
            return blended(found, calls.step // width)
        first = calls.skipped // width
        kept: Tensor = found[..., first : first + calls.step // width]
        return kept.transpose(1, 2).flatten(2)

    def _answers(self, codes: Codes) -> npt.NDArray[np.bool_]:
        """Which outputs (L - 2 context,) depend on no N in codes (L,), by what they see.

        Those of a call that depend on all of it have no value if there is any N in it.
        """
        calls, width = self.calls, self.description.bin
        read = codes[calls.context - calls.left : len(codes) - calls.context + calls.right] == N
        if calls.window is not None:
            return self._answering_windows(read)
        reach = self.description.reached
        outputs = len(codes) - 2 * calls.context
        if reach is None:
            return np.full(outputs, not read.any())
        before = np.concatenate([[0], np.cumsum(read)])  # N before each base
        starts = calls.left + np.arange(0, outputs, width)
        low = np.clip(starts - reach[0], 0, len(read))
        high = np.clip(starts + width + reach[1], 0, len(read))
        return np.repeat(before[high] == before[low], width)

    def _answering_windows(self, unknown: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """The same, of a read (L,), for windows of a fixed length."""
        calls = self.calls
        assert calls.window is not None
        windows = np.lib.stride_tricks.sliding_window_view(unknown, calls.window)[:: calls.step]
        clean = ~windows.any(1)
        if calls.seam == "blend":
            earlier = calls.left // calls.step
            clean = np.lib.stride_tricks.sliding_window_view(clean, earlier + 1).all(1)
        return np.repeat(clean, calls.step)

    def _called(self, codes: Tensor, rows: list[int]) -> Tensor:
        """What the network gives, floats (B, M, bins), for codes (B, L) of a length it takes."""
        network = self.description
        if network.unknown == "refuse":
            codes = codes.masked_fill(codes == N, 0)  # whose outputs are left out
        with adapter_errors(network.name):
            found: object = self.network(codes, rows)
        bins = (codes.shape[1] - sum(network.cropped)) // network.bin
        expected = (len(codes), len(rows), bins)
        if not isinstance(found, Tensor) or tuple(found.shape) != expected:
            raise NetworkError(
                f"{network.name} gives {_shown(found)} for {len(codes)} x {codes.shape[1]:,} bp "
                f"and {len(rows)} of its tracks; expected a tensor of shape {expected}, by its "
                f"description of {network.bin:,} bp per output and a crop of {network.cropped} bp"
            )
        if not found.is_floating_point():
            raise NetworkError(f"{network.name} gives {found.dtype}; expected floating point")
        return found


def blended(values: Tensor, step: int) -> Tensor:
    """Overlapping windows, averaged by weights that fall linearly from their middle.

    Args:
        values: floats (B, windows, M, bins).
        step: bins from the start of a window to that of the next.

    Returns:
        Floats (B, M, bins): those for which all windows that cover them are there.
    """
    batch, windows, rows, bins = values.shape
    place = torch.arange(bins, device=values.device)
    weights = torch.minimum(place + 1, bins - place).float()
    earlier = -(-bins // step) - 1
    total = weights.new_zeros((earlier + 1) * step)
    total[:bins] = weights
    total = total.view(-1, step).sum(0)  # of all windows that cover a bin, by its place in a step
    weights = weights / total[place % step]
    found = values.new_zeros((batch, rows, (windows - 1) * step + bins), dtype=torch.float32)
    for window in range(windows):
        found[..., window * step : window * step + bins] += values[:, window] * weights
    return found[..., earlier * step : windows * step]


def _shown(found: object) -> str:
    if isinstance(found, Tensor):
        return f"a tensor of shape {tuple(found.shape)}"
    return f"a value of type {type(found).__name__}"
