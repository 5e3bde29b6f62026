"""Other people's networks, named and identified, and checked by a first call."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from regtrack.errors import NetworkError
from regtrack.genome.sequence import Codes
from regtrack.labels.marker import Marker
from regtrack.model_style import Run
from regtrack.predict.fitted import Fitted
from regtrack.predict.forward import forward
from regtrack.predict.network import SequenceNetwork
from regtrack.predict.stepped import with_step
from regtrack.predict.transformed import transformed

_TRIED = 2_048  # bp of outputs of the first call, at least


@dataclass(frozen=True)
class ForeignNetwork:
    """A network that regtrack did not train, with the names of its tracks.

    Attributes:
        model: the network, ready to be swept.
        source: what made it, for the record: nothing for an object.
    """

    model: Fitted
    source: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, network: SequenceNetwork, source: dict[str, Any] | None = None) -> ForeignNetwork:
        """A described network.

        Raises:
            NetworkError: it has no description, or is no module.
        """
        return cls(Fitted(network), source or {})

    @property
    def title(self) -> str:
        """Its name, for readers."""
        return self.model.name

    @property
    def path(self) -> None:
        """No file."""
        return

    @property
    def run(self) -> Run:
        """By which it is told from others in figures."""
        return Run(self.model.name)

    @property
    def markers(self) -> tuple[Marker, ...]:
        """Its tracks."""
        return tuple(track.marker for track in self.model.description.outputs)

    @property
    def marker_names(self) -> tuple[str, ...]:
        """The names of its tracks, in order."""
        return tuple(marker.name for marker in self.markers)

    def on(self, *, step: int | None = None, transform: str = "none") -> ForeignNetwork:
        """The network called every so many bp, and its values on another scale.

        Args:
            step: see `regtrack.predict.stepped.with_step`; None: as described.
            transform: see `regtrack.predict.transformed.transformed`.

        Raises:
            NetworkError: a step that does not fit, or no such function.
        """
        network = cast(SequenceNetwork, self.model.network)
        if step is not None:
            network = with_step(network, step)
        chosen = {} if transform == "none" else {"transform": transform}
        return ForeignNetwork.of(transformed(network, transform), self.source | chosen)

    def record(self) -> dict[str, Any]:
        """What identifies it, as JSON-serialisable values."""
        return self.source | {
            "weights": module_digest(self.model.network),
            "model": self.model.name,
            "config": self.model.description.to_dict(),
        }

    def short_sequences(self) -> Codes:
        """Two random sequences, uint8 (2, L): of about 2 kb, or a few of its windows."""
        step, context = self.model.stride, self.model.calls.context
        length = -(-_TRIED // step) * step + 2 * context
        return np.random.default_rng(0).integers(0, 4, (2, length), dtype=np.uint8)

    def try_call(self, device: torch.device, *, precision: str = "fp32") -> None:
        """Call it for two short random sequences, to find out whether it is as described.

        Raises:
            NetworkError: it raises, or its outputs are not as described.
            OutOfMemoryError: too little memory.
        """
        codes = self.short_sequences()
        every = forward(self.model, codes, precision=precision, device=device)
        last = self.model.marker_count - 1
        alone = forward(self.model, codes, markers=[last], precision=precision, device=device)
        if every.isfinite().all() and not _alike(every[:, last:], alone):
            raise NetworkError(
                f"{self.model.name} gives other values for its track {self.marker_names[last]} "
                "alone than among all; expected the rows asked for, in their order, and the same "
                "values at every call"
            )


def _alike(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors of any shape and floating point are equal up to rounding."""
    scale = float(one.abs().max()) or 1.0
    return bool((one - other).abs().max() <= 0.02 * scale)  # bf16 has 8 bits


def module_digest(module: nn.Module) -> str:
    """SHA-256 of a module's tensors: their names, dtypes, shapes and values."""
    found = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        if isinstance(tensor, Tensor):
            plain = tensor.detach().cpu().contiguous()
            found.update(f"{name} {plain.dtype} {tuple(plain.shape)}\n".encode())
            found.update(plain.reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()
