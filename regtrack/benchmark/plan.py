"""What the benchmark trains, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.errors import TrainingError, invalid
from regtrack.model_style import ModelStyle, style_of
from regtrack.training.config import TrainingConfig

# seeds 0 to 2 are the demo's, whose settings were tuned on them; the benchmark's own settings
# were tuned on seed 10
FIRST_SEED = 11
TEST_CHROM = "chr4"

SPEC = DatasetSpec(
    window=10_000,
    split=SplitSpec(kind="chrom", valid_chroms=("chr3",), test_chroms=(TEST_CHROM,)),
)


@dataclass(frozen=True)
class Contestant:
    """One model of the benchmark.

    Attributes:
        name: in the benchmark.
        model: its name in the registry.
        settings: those that differ from the paper's.
    """

    name: str
    model: str
    settings: dict[str, Any]

    @property
    def style(self) -> ModelStyle:
        """What it is called in tables and figures, and how it is drawn."""
        return style_of(self.model, self.settings)


def _contestant(name: str, *, model: str = "", **settings: Any) -> Contestant:
    return Contestant(name, model or name, {"dropout": 0.0, "hidden": 32, **settings})


# Narrower than the paper's, and without dropout, so that most train in a minute or two on one core.
# CNN1, ID-CNN and the hybrid, which work at single bases, are narrower still.
_CHANNELS = (128, 64, 32)
CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        _contestant("cnn1", channels=(32,)),
        _contestant("cnn3", channels=_CHANNELS),
        _contestant("cnn7", channels=_CHANNELS),
        _contestant("id-cnn", channels=(16, 64, 48, 32), hidden=16),
        _contestant("dilated", channels=_CHANNELS),
        _contestant("dilated-max", model="dilated", channels=_CHANNELS, pooling="max"),
        _contestant("bi-lstm", channels=(128, 32), lstm_hidden=32),
        _contestant("hybrid", channels=(32, 48, 32)),
    )
}


def find_contestants(names: Sequence[str]) -> tuple[Contestant, ...]:
    """The models with these names in `regtrack.benchmark.names.MODELS`; all if none is given."""
    return tuple(one for name, one in CONTESTANTS.items() if not names or name in names)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The settings of a run of one model and seed.

    Attributes:
        length: bp of each seed's genome.
        epochs: of each training.
        learning_rate: peak learning rate.
        regions: labelled regions per marker whose saliency is compared with planted bases.
        positives: outputs per marker to average the effective receptive field over.

    Raises:
        TrainingError: a number below 1.
    """

    length: int = 4_000_000
    epochs: int = 10
    learning_rate: float = 0.005
    regions: int = 16
    positives: int = 50

    def __post_init__(self) -> None:
        for name in ("epochs", "regions", "positives"):
            if getattr(self, name) < 1:
                raise TrainingError(invalid(name, getattr(self, name), "at least 1"))

    def config(self, seed: int) -> TrainingConfig:
        """The training settings of every model, as in the demo."""
        return TrainingConfig(
            epochs=self.epochs,
            patience=0,
            batch_size=1,
            learning_rate=self.learning_rate,
            warmup=0.2,
            positive_weight=3.0,
            shift=2_000,
            seed=seed,
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON-serialisable values."""
        return asdict(self)
