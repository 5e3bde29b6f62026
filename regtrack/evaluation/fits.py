"""Whether a network gives what a dataset labels: a value per base, or one per bin."""

from __future__ import annotations

from regtrack.dataset.store import Dataset
from regtrack.errors import DatasetError
from regtrack.genome.interval import span_text
from regtrack.models.network import TrackModel


def check_fits(model: TrackModel, dataset: Dataset) -> None:
    """Refuse a network whose outputs are not what the windows of a dataset have labels for.

    Raises:
        DatasetError: labels of other bases, or of more or fewer bases each.
    """
    spec = dataset.spec
    gives = _labels(model.bin, model.receptive_field if model.bin > 1 else None)
    if (model.crop, model.bin) != (spec.crop, spec.bin):
        raise DatasetError(
            f"{model.name} gives {gives}, and {dataset.path} has "
            f"{_labels(spec.bin, spec.window if spec.crop else None)}; expected a network and a "
            "dataset of one task, dense or short (see `task` of build-dataset)"
        )


def _labels(size: int, window: int | None) -> str:
    """What there is one value of, in words."""
    each = "base" if size == 1 else f"{size:,} bp"
    return f"a value per {each}" + (f" in the middle of {span_text(window)}" if window else "")
