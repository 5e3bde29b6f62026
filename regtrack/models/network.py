"""The network: an embedding, a trunk of blocks and a dense head, at single-base resolution."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from regtrack.models.blocks import Block, Head, OneHot, past
from regtrack.models.receptive_field import count_reach, count_stride, needed_span
from regtrack.models.strands import both_strands, mean_of_strands, mean_of_tile, reversed_rows

LETTERS = 5
EMBEDDING = 4
# bp of the last layers computed at a time: about the fastest of 1 to 80 kb on CPUs, with one
# thread and two, in fp32 and bf16
TILE = 10_240

Step = tuple[Block, int]  # a block, and the index of the pass it runs in


class TrackModel(nn.Module):
    """Codes (B, L) in, logits (B, M, L) out: one per marker and base.

    The trunk runs `passes` times, each time on the output of the previous pass. Each pass is a
    stage with logits of its own, from a shared head; the last stage is the prediction.

    Args:
        name: name in the registry.
        config: the settings it was built with, JSON-serialisable.
        trunk: blocks that together return to single bases.
        head: the dense layers.
        stem: blocks that run once, before the trunk.
        passes: how many times the trunk runs.
        embed: gives each letter its row; default: one that is learnt.
        conjoined: both strands go through the blocks, and the head reads the mean of their
            features; the letters are then one-hot.

    Attributes:
        bin: bp with one common label.
        step: bp with one common logit along a sequence.
        crop: bp at each end of a training window for which training computes no logit.
        stride: bp; the network's positions repeat at multiples of it.
        receptive_field: largest span that one output depends on (bp); None: the whole sequence.
        reach: largest distance to the left and to the right that an output depends on (bp); None:
            unbounded.
    """

    bin: int = 1
    step: int = 1
    crop: int = 0

    def __init__(
        self,
        name: str,
        config: Mapping[str, Any],
        *,
        trunk: Sequence[Block],
        head: Head,
        stem: Sequence[Block] = (),
        passes: int = 1,
        embed: OneHot | None = None,
        conjoined: bool = False,
    ) -> None:
        super().__init__()
        if conjoined:  # a learnt letter has no complement
            embed = embed or OneHot()
        self.conjoined = conjoined
        self.name = name
        self.config = dict(config)
        self.passes = passes
        self.embed: nn.Embedding | OneHot = embed or nn.Embedding(LETTERS, EMBEDDING)
        self.stem = nn.ModuleList(stem)
        self.trunk = nn.ModuleList(trunk)
        self.head = head
        self._count()

    def _count(self) -> None:
        """Set the stride, the receptive field and the reach."""
        reach = count_reach(self.chain, both_strands=self.conjoined)
        self.stride = count_stride(self.chain)
        self.receptive_field = reach.span if reach else None
        self.reach = (reach.left, reach.right) if reach else None

    @property
    def chain(self) -> list[Block]:
        """The blocks in the order they run; a repeated block appears once per pass."""
        return [block for block, _ in self.steps]

    @property
    def steps(self) -> list[Step]:
        """The blocks in the order they run, each with the index of its pass."""
        passes = [(block, index) for index in range(self.passes) for block in self.trunk]
        return cast("list[Step]", [*((block, 0) for block in self.stem), *passes])

    def needed(self, position: int) -> tuple[int, int]:
        """First and last base that the output at `position` depends on, in an endless sequence."""
        return needed_span(self.chain, position, both_strands=self.conjoined)

    @property
    def marker_count(self) -> int:
        """M, the number of markers of the last layer."""
        return self.head.output.out_features

    @property
    def parameter_count(self) -> int:
        """The number of trainable parameters."""
        return sum(parameter.numel() for parameter in self.parameters())

    @property
    def flank(self) -> int | None:
        """The bp to read on each side of a window, a multiple of the stride; None: unbounded."""
        if self.reach is None:
            return None
        return -(-max(self.reach) // self.stride) * self.stride

    @property
    def letters(self) -> Tensor:
        """The embedding of each letter, floats (5, 4): A C G T N."""
        return self.embed.weight

    def embedded(self, codes: Tensor) -> Tensor:
        """The embedded sequence (B, L, 4) of codes (B, L): the input of the first block."""
        return cast(Tensor, self.embed(codes.int()))

    def logits(
        self,
        codes: Tensor,
        markers: Tensor | Sequence[int] | None = None,
        lengths: Tensor | None = None,
    ) -> Tensor:
        """Logits (B, M, L) of codes (B, L), from the last stage.

        Args:
            codes: uint8, A C G T N = 0 1 2 3 4.
            markers: rows of the last layer to compute, in this order; default: all.
            lengths: bp of each row, int64 (B,), if rows are padded to a common length: each then
                gets the values that it would get alone, and any beyond its end. Default: L.
        """
        return self.logits_from_embedded(self.embedded(codes), markers, lengths)

    def labelled_logits(
        self, codes: Tensor, markers: Tensor | Sequence[int] | None = None
    ) -> Tensor:
        """Logits (B, M, P) of training windows, codes (B, L): one per label, as in training."""
        return self.logits(codes, markers)

    def logits_from_embedded(
        self,
        embedded: Tensor,
        markers: Tensor | Sequence[int] | None = None,
        lengths: Tensor | None = None,
    ) -> Tensor:
        """Logits (B, M, L) of an embedded sequence (B, L, 4), which gradients can be taken of."""
        at_once = self.training or torch.is_grad_enabled() or torch.compiler.is_compiling()
        if at_once or embedded.device.type != "cpu":
            return cast(Tensor, self.head(self._stages(embedded, lengths)[-1], markers))
        return self._tiled_logits(embedded, markers, lengths)

    def _tiled_logits(
        self, x: Tensor, markers: Tensor | Sequence[int] | None, lengths: Tensor | None
    ) -> Tensor:
        """The same logits (B, M, L), computing the wide layers at single bases one tile at a time.

        At ten and more values per base, whole activations would go to main memory and back; those
        of a tile stay in the processor's caches. The last layers do not look at neighbours, so that
        all rows are one sequence to them.
        """
        batch, length = x.shape[:2]
        rows = self.marker_count if markers is None else len(markers)
        body, tail = self._parts()
        factor = math.prod(block.factor for block, _ in tail)
        x, ends = self._padded(x, lengths)
        if self.conjoined:
            x, ends = both_strands(x, ends)
        x = run_steps(body, x, ends)
        if self.conjoined:
            ends = None if ends is None else ends[batch:] // factor
            other = reversed_rows(x[batch:], ends).flatten(0, 1)[None]
        x = x[:batch].flatten(0, 1)[None]
        # a row ends with the padding to the stride, which only a single row can do without
        columns = length if batch == 1 else x.shape[1] * factor
        logits = x.new_empty(1, rows, columns)
        positions = max(TILE // factor, 1)
        for first in range(0, -(-columns // factor), positions):
            here = slice(first, first + positions)
            features = run_steps(tail, x[:, here])
            if self.conjoined:
                features = mean_of_tile(features, run_steps(tail, other[:, here]), factor)
            found = logits[:, :, first * factor : (first + positions) * factor]
            found.copy_(self.head(features[:, : found.shape[2]], markers))
        return logits.view(rows, batch, -1)[:, :, :length].transpose(0, 1).contiguous()

    def _padded(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """An embedded sequence (B, L, 4) with zeros after it, like the padding inside the network.

        Returns:
            The sequence (B, L', 4), L' being a multiple of the stride, and the end of each row,
            int64 (B,), likewise; None: all end at L'.
        """
        if lengths is not None:
            x = x.masked_fill(past(lengths, x.shape[1])[..., None], 0)
        x = F.pad(x, (0, 0, 0, -x.shape[1] % self.stride))
        return x, None if lengths is None else lengths + -lengths % self.stride

    def _parts(self) -> tuple[list[Step], list[Step]]:
        """The steps up to the last that reads neighbouring positions, and the steps after it."""
        steps = self.steps
        first = len(steps)
        while first and steps[first - 1][0].local:
            first -= 1
        return steps[:first], steps[first:]

    def stages(self, codes: Tensor) -> list[Tensor]:
        """The head's input after each pass, floats (B, L, C), for codes (B, L).

        The loss averages over the stages.
        """
        return self._stages(self.embedded(codes))

    def _stages(self, x: Tensor, lengths: Tensor | None = None) -> list[Tensor]:
        """The trunk's output after each pass, (B, L, C), of an embedded sequence (B, L, 4)."""
        length = x.shape[1]
        x, ends = self._padded(x, lengths)
        if self.conjoined:
            x, ends = both_strands(x, ends)
        stem, trunk = len(self.stem), len(self.trunk)
        x = run_steps(self.steps[:stem], x, ends)
        stages = []
        for index in range(self.passes):
            first = stem + index * trunk
            x = run_steps(self.steps[first : first + trunk], x, ends)
            found = mean_of_strands(x, ends) if self.conjoined else x
            stages.append(found if found.shape[1] == length else found[:, :length])
        return stages

    def forward(self, codes: Tensor) -> Tensor:
        """Logits (B, M, L) of all markers for codes (B, L)."""
        return self.logits(codes)

    @torch.no_grad()
    def set_base_rates(self, rates: Sequence[float]) -> None:
        """Set the output biases so that the first prediction of each marker is its base rate.

        Args:
            rates: the labelled fraction of bases per marker; clamped to 1e-6 .. 1 - 1e-6.
        """
        p = torch.as_tensor(rates, dtype=torch.float64).clamp(1e-6, 1 - 1e-6)
        self.head.output.bias.copy_(torch.logit(p))


def run_steps(steps: list[Step], x: Tensor, ends: Tensor | None = None) -> Tensor:
    """Run some blocks, beginning at single bases if rows have ends of their own (bp, (B,))."""
    for block, index in steps:
        x = block(x, index) if ends is None else block.of_rows(x, ends, index)
        if ends is not None:
            ends = ends * block.factor // block.stride
    return x
