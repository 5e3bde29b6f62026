"""The weights that a run starts from: fresh ones, or those of another checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from regtrack.checkpoint import Checkpoint, load_checkpoint, model_digest
from regtrack.dataset.store import Dataset
from regtrack.errors import CheckpointError, TrainingError
from regtrack.evaluation.fits import check_fits
from regtrack.labels.marker import Marker
from regtrack.models.network import TrackModel
from regtrack.models.registry import build_model
from regtrack.training.defaults import default_model

# settings without which a network computes the same from its weights
_FREE = ("dropout", "bn_momentum")


@dataclass(frozen=True)
class Start:
    """Where a run's first weights come from.

    Attributes:
        checkpoint: whose weights they are; None: fresh ones.
        freeze: train only the head.
    """

    checkpoint: Checkpoint | None = None
    freeze: bool = False

    def network(
        self, dataset: Dataset, model: str | None, settings: Mapping[str, Any], seed: int
    ) -> TrackModel:
        """The network that a run begins with.

        The head is made anew, with each marker's base rate as its first prediction, unless the
        checkpoint has the same markers in the same order.

        Args:
            dataset: what it is trained on.
            model: its name in the registry; None: the checkpoint's, or the default.
            settings: of the network, if they differ from the checkpoint's or the defaults.
            seed: of fresh weights.

        Raises:
            CheckpointError: no such network or setting, or a network that the checkpoint's weights
                are not for.
            DatasetError: a network that does not give what the dataset labels.
        """
        if self.checkpoint is None:
            return _fresh(dataset, model or default_model(dataset), settings, seed)
        found = self.checkpoint.model
        if model not in {None, found.name}:
            raise CheckpointError(
                f"{self._name} holds {found.name}, whose weights are not for {model}; leave "
                "`model` out, or name a checkpoint of that network"
            )
        network = _fresh(dataset, found.name, {**found.config, **settings}, seed)
        self._check_same(network)
        _copy(found, network, head=self.keeps_head(dataset.markers))
        if self.freeze:
            freeze_all_but_head(network)
        return network

    def keeps_head(self, markers: tuple[Marker, ...]) -> bool:
        """Whether a network for these markers begins with the checkpoint's head."""
        return self.checkpoint is not None and self.checkpoint.markers == markers

    def record(self, markers: tuple[Marker, ...]) -> dict[str, Any]:
        """What a run notes about it, JSON-serialisable; nothing for fresh weights."""
        if self.checkpoint is None:
            return {}
        start = {
            "path": self._name,
            "digest": model_digest(self.checkpoint.model),
            "markers": len(self.checkpoint.markers),
            "head": "kept" if self.keeps_head(markers) else "new",
            "freeze": self.freeze,
        }
        return {"start": start}

    @property
    def _name(self) -> str:
        return str(self.checkpoint.path) if self.checkpoint and self.checkpoint.path else "memory"

    def _check_same(self, network: TrackModel) -> None:
        assert self.checkpoint is not None
        for name, held in self.checkpoint.model.config.items():
            if name not in _FREE and network.config[name] != held:
                raise CheckpointError(
                    f"{self._name} was trained with {name} {held}, and its weights are not for "
                    f"{network.config[name]}; only {' and '.join(_FREE)} may differ"
                )


def read_start(path: str | Path | None, *, freeze: bool = False) -> Start:
    """The start of a run: a checkpoint, or fresh weights if there is none.

    Raises:
        CheckpointError: the checkpoint cannot be loaded.
        TrainingError: `freeze` without a checkpoint.
    """
    if path is not None:
        return Start(load_checkpoint(path), freeze)
    if freeze:
        raise TrainingError(
            "`freeze` keeps the weights of another checkpoint, and none is given; pass"
            " `from_checkpoint`"
        )
    return Start()


def freeze_all_but_head(model: TrackModel) -> None:
    """Leave all weights but the head's as they are; `keep_frozen` does so with the statistics."""
    model.requires_grad_(False)
    model.head.requires_grad_(True)


def keep_frozen(model: nn.Module) -> None:
    """Put the parts of a network that are not trained into evaluation mode.

    Their batch normalisation then uses and keeps its statistics, and they drop nothing.
    """
    for part in model.children():
        weights = list(part.parameters())
        if weights and not any(one.requires_grad for one in weights):
            part.eval()


def _fresh(dataset: Dataset, model: str, settings: Mapping[str, Any], seed: int) -> TrackModel:
    """Fresh weights, with each marker's base rate as its first prediction."""
    torch.manual_seed(seed)
    network = build_model(model, len(dataset.markers), **settings)
    check_fits(network, dataset)
    network.set_base_rates(dataset.base_rates("train").tolist())
    return network


def _copy(found: TrackModel, network: TrackModel, *, head: bool) -> None:
    """Copy weights and statistics, with or without those of the head."""
    kept = {
        name: tensor
        for name, tensor in found.state_dict().items()
        if head or not name.startswith("head.")
    }
    network.load_state_dict(kept, strict=False)
