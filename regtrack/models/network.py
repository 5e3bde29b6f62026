"""The network: an embedding, a trunk of blocks and a dense head, at single-base resolution."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from regtrack.models.blocks import Block, Head
from regtrack.models.receptive_field import count_reach, count_stride

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

    Attributes:
        stride: bp; the network's positions repeat at multiples of it.
        receptive_field: largest span that one output depends on (bp); None: the whole sequence.
        reach: largest distance to the left and to the right that an output depends on (bp); None:
            unbounded.
    """

    def __init__(
        self,
        name: str,
        config: Mapping[str, Any],
        *,
        trunk: Sequence[Block],
        head: Head,
        stem: Sequence[Block] = (),
        passes: int = 1,
    ) -> None:
        super().__init__()
        self.name = name
        self.config = dict(config)
        self.passes = passes
        self.embed = nn.Embedding(LETTERS, EMBEDDING)
        self.stem = nn.ModuleList(stem)
        self.trunk = nn.ModuleList(trunk)
        self.head = head
        reach = count_reach(self.chain)
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

    def features(self, codes: Tensor) -> list[Tensor]:
        """The head's inputs, (B, C, L) per stage, for codes (B, L) of any length from 1."""
        return [stage.transpose(1, 2) for stage in self._stages(self.embedded(codes))]

    def embedded(self, codes: Tensor) -> Tensor:
        """The embedded sequence (B, L, 4) of codes (B, L): the input of the first block."""
        return cast(Tensor, self.embed(codes.int()))

    def logits(self, codes: Tensor, markers: Tensor | Sequence[int] | None = None) -> Tensor:
        """Logits (B, M, L) of codes (B, L), from the last stage.

        Args:
            codes: uint8, A C G T N = 0 1 2 3 4.
            markers: rows of the last layer to compute, in this order; default: all.
        """
        return self.logits_from_embedded(self.embedded(codes), markers)

    def logits_from_embedded(
        self, embedded: Tensor, markers: Tensor | Sequence[int] | None = None
    ) -> Tensor:
        """Logits (B, M, L) of an embedded sequence (B, L, 4), which gradients can be taken of."""
        at_once = self.training or torch.is_grad_enabled() or torch.compiler.is_compiling()
        if at_once or embedded.device.type != "cpu":
            return cast(Tensor, self.head(self._stages(embedded)[-1], markers))
        return self._tiled_logits(embedded, markers)

    def _tiled_logits(self, x: Tensor, markers: Tensor | Sequence[int] | None) -> Tensor:
        """The same logits (B, M, L), computing the wide layers at single bases one tile at a time.

        At ten and more values per base, whole activations would go to main memory and back; those
        of a tile stay in the processor's caches.
        """
        length, rows = x.shape[1], self.marker_count if markers is None else len(markers)
        body, tail = self._parts()
        logits = x.new_empty(len(x), rows, length)
        x = _run(body, F.pad(x, (0, 0, 0, -length % self.stride)))
        factor = math.prod(block.factor for block, _ in tail)
        positions = max(TILE // factor, 1)
        for first in range(0, -(-length // factor), positions):
            features = _run(tail, x[:, first : first + positions])
            here = logits[:, :, first * factor : (first + positions) * factor]
            here.copy_(self.head(features[:, : here.shape[2]], markers))
        return logits

    def _parts(self) -> tuple[list[Step], list[Step]]:
        """The steps up to the last that reads neighbouring positions, and the steps after it."""
        steps = self.steps
        first = len(steps)
        while first and steps[first - 1][0].local:
            first -= 1
        return steps[:first], steps[first:]

    def stage_logits(self, codes: Tensor) -> list[Tensor]:
        """Logits (B, M, L) of every stage for codes (B, L), for a loss that averages over them."""
        return [self.head(stage) for stage in self._stages(self.embedded(codes))]

    def _stages(self, x: Tensor) -> list[Tensor]:
        """The trunk's output after each pass, (B, L, C), of an embedded sequence (B, L, 4).

        A sequence whose length is not a multiple of the stride is padded with zeros after the
        embedding, like the padding inside the network.
        """
        length = x.shape[1]
        x = F.pad(x, (0, 0, 0, -length % self.stride))
        for block in self.stem:
            x = block(x)
        stages = []
        for index in range(self.passes):
            for block in self.trunk:
                x = block(x, index)
            stages.append(x[:, :length])
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


def _run(steps: list[Step], x: Tensor) -> Tensor:
    for block, index in steps:
        x = block(x, index)
    return x
