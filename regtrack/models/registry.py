"""The registry of networks: name, title, settings and builder of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Generic, TypeVar

from regtrack.errors import CheckpointError, invalid, nearest, quoted
from regtrack.models.bi_lstm import BiLstmSettings, build_bi_lstm
from regtrack.models.cnn import Cnn1Settings, CnnSettings, build_cnn1, build_cnn3, build_cnn7
from regtrack.models.dilated import DilatedSettings, build_dilated
from regtrack.models.hybrid import HybridSettings, build_hybrid
from regtrack.models.id_cnn import IdCnnSettings, build_id_cnn
from regtrack.models.network import TrackModel
from regtrack.models.settings import Settings
from regtrack.models.short import (
    DanQSettings,
    DeepSeaSettings,
    Dilated6Settings,
    build_danq,
    build_deepsea,
    build_dilated6,
)

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Family(Generic[S]):
    """One row of the registry.

    Attributes:
        settings: the class of its settings.
        build: builds the network for a marker count and settings.
        older: what a checkpoint means that lacks a setting, where that is not its default.
    """

    settings: type[S]
    build: Callable[[int, S], TrackModel]
    older: Mapping[str, Any] = field(default_factory=dict)


DENSE: dict[str, Family[Any]] = {
    "cnn1": Family(Cnn1Settings, build_cnn1),
    "cnn3": Family(CnnSettings, build_cnn3),
    "cnn7": Family(CnnSettings, build_cnn7),
    "id-cnn": Family(IdCnnSettings, build_id_cnn),
    "dilated": Family(DilatedSettings, build_dilated),
    "bi-lstm": Family(BiLstmSettings, build_bi_lstm),
    "hybrid": Family(HybridSettings, build_hybrid, older={"both_strands": False}),
}
"""Networks of any length with a logit for each base."""

SHORT: dict[str, Family[Any]] = {
    "deepsea": Family(DeepSeaSettings, build_deepsea),
    "danq": Family(DanQSettings, build_danq),
    "dilated6": Family(Dilated6Settings, build_dilated6),
}
"""Networks of a short window with a logit for its middle."""

MODELS = DENSE | SHORT


def build_model(name: str, marker_count: int, /, **settings: Any) -> TrackModel:
    """Build a network with fresh weights, drawn from torch's default generator.

    `build_model(model.name, model.marker_count, **model.config)` has the same architecture.

    Args:
        name: one of `MODELS`.
        marker_count: M, the number of logits per base.
        settings: those that differ from `default_settings(name)`.

    Raises:
        CheckpointError: no such network or setting, or an invalid value.
    """
    family = _family(name)
    known = [one.name for one in fields(family.settings)]
    for setting in settings:
        if setting not in known:
            raise CheckpointError(
                f"{name} has no setting {quoted(setting)}; it has {', '.join(known)}"
                f"{nearest(setting, known)}"
            )
    if marker_count < 1:
        raise CheckpointError(invalid("marker_count", marker_count, "at least 1"))
    return family.build(marker_count, family.settings(**settings))


def rebuild_model(name: str, marker_count: int, settings: Mapping[str, Any]) -> TrackModel:
    """As `build_model`, with the settings of a checkpoint, which may be older than some of them.

    Raises:
        CheckpointError: as `build_model`.
    """
    return build_model(name, marker_count, **{**_family(name).older, **settings})


def default_settings(name: str) -> dict[str, Any]:
    """The settings of a network with their default values.

    Raises:
        CheckpointError: no such network.
    """
    settings: Settings = _family(name).settings()
    return settings.to_dict()


def _family(name: str) -> Family[Any]:
    if name not in MODELS:
        raise CheckpointError(
            f"no model is called {quoted(name)}; expected one of {', '.join(MODELS)}"
            f"{nearest(name, MODELS)}"
        )
    return MODELS[name]
