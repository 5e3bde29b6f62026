"""Networks that regtrack did not train, as networks whose logits can be scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch.nn.functional as F
from torch import Tensor, nn

from regtrack.dataset.spec import DatasetSpec
from regtrack.dataset.store import Dataset
from regtrack.errors import DatasetError, NetworkError
from regtrack.genome.sequence import N
from regtrack.predict.fitted import Fitted
from regtrack.predict.foreign import ForeignNetwork
from regtrack.predict.logit import logit


class Logits(nn.Module):
    """The logits of a network's scores, a `TrainedNetwork`.

    Args:
        network: gives scores or logits; it is not copied.

    Raises:
        NetworkError: it gives a signal, which is no probability.
    """

    def __init__(self, network: Fitted) -> None:
        super().__init__()
        if network.traits.values == "signal":
            raise NetworkError(
                f"{network.name} gives a signal, and scores or logits are evaluated; describe its "
                "values as scores, if they are from 0 to 1"
            )
        self.network = network
        self.name = network.name
        self.marker_count = network.marker_count
        self.stride, self.flank, self.reach = network.stride, network.flank, network.reach
        self.receptive_field = network.receptive_field
        self.traits = replace(network.traits, values="logits", gradients=False)

    def logits(
        self,
        codes: Tensor,
        markers: Tensor | Sequence[int] | None = None,
        lengths: Tensor | None = None,
    ) -> Tensor:
        """Logits, floats (B, M, L - 2 crop), of codes (B, L); see `Network`."""
        found = self.network.logits(codes, markers, lengths)
        return found if self.network.traits.values == "logits" else logit(found)

    def labelled_logits(
        self, codes: Tensor, markers: Tensor | Sequence[int] | None = None
    ) -> Tensor:
        """Logits, floats (B, M, 1), of windows of codes (B, L) with one label in the middle."""
        crop, width = self.traits.crop, self.traits.bin
        spare = (codes.shape[1] - width) // 2 - crop
        read = codes[:, spare : codes.shape[1] - spare]
        more = -(read.shape[1] - 2 * crop) % self.stride
        return self.logits(F.pad(read, (0, more), value=N), markers)[..., :1]


def check_fits(network: ForeignNetwork, dataset: Dataset) -> None:
    """Refuse a network whose outputs are not what the windows of a dataset have labels for.

    A dataset of dense labels takes any network: a value stands for each base of its bin.

    Raises:
        DatasetError: windows with one label, of other bases, or shorter than a call.
    """
    spec, said = dataset.spec, network.model.description
    if not spec.crop:
        return
    if said.bin != spec.bin or network.model.calls.context > spec.crop or spec.labelled > spec.bin:
        raise DatasetError(
            f"{network.title} reads {sum(said.cropped) + said.bin:,} bp for a value per "
            f"{said.bin:,} bp, and {dataset.path} has {_labels(spec)}; expected a network of such "
            "windows, or a dataset of the task dense"
        )


def _labels(spec: DatasetSpec) -> str:
    return f"a label per {spec.bin:,} bp in the middle of {spec.window:,} bp"
