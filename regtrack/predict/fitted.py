"""Other people's networks as a `Network`: values at single bases for a read of any length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from regtrack.errors import NetworkError
from regtrack.genome.sequence import Codes, N
from regtrack.predict.adapter_errors import adapter_errors
from regtrack.predict.calls import Calls
from regtrack.predict.description import NetworkDescription, Sides
from regtrack.predict.network import SequenceNetwork, Traits
from regtrack.predict.one_hot import called, letter_rows, takes_one_hot
from regtrack.predict.windows import blended, windows_of


class Fitted(nn.Module):
    """A described network that can be swept; see `regtrack.predict.calls` for how it is called.

    It is an `Explainable` if the network takes one-hot sequence.

    Args:
        network: a `torch.nn.Module` that fulfils the contract.

    Attributes:
        traits: in what it differs from the plain case.

    Raises:
        NetworkError: it has no description, or is no module.
    """

    letters: Tensor

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
            gradients=takes_one_hot(network),
        )
        self.register_buffer("letters", letter_rows(described.unknown), persistent=False)

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
        """How far an output depends on the sequence to either side (bp); None: unbounded.

        A base at one end of a bin sees beyond the other end.
        """
        beyond, width = self._beyond
        return None if beyond is None else (beyond[0] + width - 1, beyond[1] + width - 1)

    @property
    def receptive_field(self) -> int | None:
        """The largest span that one output depends on (bp); None: unbounded."""
        beyond, width = self._beyond
        return None if beyond is None else sum(beyond) + width

    @property
    def _beyond(self) -> tuple[Sides | None, int]:
        """What a stretch of outputs, of a common width (bp), sees beyond itself; None: all."""
        if self.calls.window is not None and self.calls.seam != "exact":
            return (self.calls.left, self.calls.right), self.calls.step
        return self.description.reached, self.description.bin

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
        return self._logits(self._without_refused(codes), markers, lengths)

    def embedded(self, codes: Tensor) -> Tensor:
        """One-hot sequence, floats (B, L, C), of codes (B, L); see `letter_rows`."""
        return F.embedding(self._without_refused(codes).int(), self.letters)

    def logits_from_embedded(
        self,
        embedded: Tensor,
        markers: Tensor | Sequence[int] | None = None,
        lengths: Tensor | None = None,
    ) -> Tensor:
        """As `logits`, floats (B, M, L - 2 context), of one-hot sequence (B, L, C)."""
        return self._logits(embedded, markers, lengths)

    def _without_refused(self, codes: Tensor) -> Tensor:
        """Codes (B, L) without N if it is refused; the outputs that depend on some are left out."""
        return codes.masked_fill(codes == N, 0) if self.description.unknown == "refuse" else codes

    def _logits(
        self,
        read: Tensor,
        markers: Tensor | Sequence[int] | None,
        lengths: Tensor | None,
    ) -> Tensor:
        every = range(self.marker_count)
        rows = list(every) if markers is None else torch.as_tensor(markers).tolist()
        if lengths is None or self._padding_is_unseen:
            return self._values(read, rows)
        found = read.new_zeros(
            len(read), len(rows), read.shape[1] - 2 * self.calls.context, dtype=torch.float32
        )
        for row, length in enumerate(lengths.tolist()):
            alone = self._values(read[row : row + 1, :length], rows)
            found[row, :, : alone.shape[2]] = alone[0]
        return found

    @property
    def _padding_is_unseen(self) -> bool:
        """Whether no output depends on what follows the context of its read."""
        return self.calls.window is not None or self.calls.flank == 0

    def _values(self, sequence: Tensor, rows: list[int]) -> Tensor:
        """The values (B, M, L - 2 context) of codes (B, L) or one-hot sequence (B, L, C)."""
        calls, width = self.calls, self.description.bin
        spare = (calls.context - calls.left, calls.context - calls.right)
        read = sequence[:, spare[0] : sequence.shape[1] - spare[1]]
        found = self._called(read, rows) if calls.window is None else self._windows(read, rows)
        return found if width == 1 else found.repeat_interleave(width, dim=2)

    def _windows(self, read: Tensor, rows: list[int]) -> Tensor:
        """The values (B, M, bins) of a read (B, L), from windows of the length that is taken."""
        calls, width = self.calls, self.description.bin
        assert calls.window is not None
        parts, (batch, count) = windows_of(read, calls.window, calls.step)
        found = torch.cat([self._called(part, rows) for part in parts])
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

    def _called(self, part: Tensor, rows: list[int]) -> Tensor:
        """What the network gives, floats (B, M, bins), for a part (B, L) of a length it takes."""
        network = self.description
        with adapter_errors(network.name):
            found: object = called(self.network, part, rows)
        bins = (part.shape[1] - sum(network.cropped)) // network.bin
        expected = (len(part), len(rows), bins)
        if not isinstance(found, Tensor) or tuple(found.shape) != expected:
            raise NetworkError(
                f"{network.name} gives {_shown(found)} for {len(part)} x {part.shape[1]:,} bp "
                f"and {len(rows)} of its tracks; expected a tensor of shape {expected}, by its "
                f"description of {network.bin:,} bp per output and a crop of {network.cropped} bp"
            )
        if not found.is_floating_point():
            raise NetworkError(f"{network.name} gives {found.dtype}; expected floating point")
        return found


def _shown(found: object) -> str:
    if isinstance(found, Tensor):
        return f"a tensor of shape {tuple(found.shape)}"
    return f"a value of type {type(found).__name__}"
