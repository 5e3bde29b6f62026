"""Values of a network on another scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor
from typing_extensions import override

from regtrack.errors import NetworkError
from regtrack.predict.adapter_errors import adapter_errors
from regtrack.predict.importing import imported
from regtrack.predict.network import SequenceNetwork
from regtrack.predict.one_hot import Wrapped

Function = Callable[[Tensor], Tensor]

TRANSFORMS: dict[str, Function] = {
    "exp": torch.exp,
    "expm1": torch.expm1,
    "softplus": F.softplus,
}


class Transformed(Wrapped):
    """A network whose values go through a function.

    Args:
        network: what gives the values.
        function: of floats (B, M, bins), to floats of the same shape.
        name: the function's, for messages.
    """

    def __init__(self, network: SequenceNetwork, function: Function, name: str) -> None:
        super().__init__(network, replace(network.description, values="signal"))
        self.function, self.name = function, name

    @override
    def values(self, sequence: Tensor, rows: Sequence[int]) -> Tensor:
        """The values, floats (B, rows, bins), of codes (B, L) or one-hot sequence (B, L, 4)."""
        values = super().values(sequence, rows)
        with adapter_errors(self.name):
            found: object = self.function(values)
        if not isinstance(found, Tensor) or found.shape != values.shape:
            shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise NetworkError(
                f"`transform` {self.name} gives {shape} for values of shape "
                f"{tuple(values.shape)}; expected a tensor of that shape"
            )
        return found


def transformed(network: SequenceNetwork, transform: str | Function) -> SequenceNetwork:
    """A network with its values on another scale, which then are a signal.

        network = regtrack.transformed(network, "expm1")  # values are log(1 + counts)

    Args:
        network: what gives the values.
        transform: `none`, `exp`, `expm1`, `softplus`, `package.module:function`, or a function of
            floats (B, M, bins).

    Raises:
        NetworkError: no such function.
    """
    if transform == "none":
        return network
    if not isinstance(transform, str):
        return Transformed(network, transform, getattr(transform, "__name__", "function"))
    if ":" not in transform and transform not in TRANSFORMS:
        raise NetworkError(
            f'`transform` is "{transform}"; expected none, {", ".join(TRANSFORMS)} or '
            "package.module:function"
        )
    function = TRANSFORMS.get(transform) or imported(transform)
    return Transformed(network, function, transform)
