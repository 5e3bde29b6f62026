"""The arguments of the benchmark, checked before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Sequence

from regtrack.errors import TrainingError, invalid, nearest

BENCHMARKS = ("grammar",)
MODELS = ("cnn1", "cnn3", "cnn7", "id-cnn", "dilated", "dilated-max", "bi-lstm", "hybrid")
_MOST_SEEDS = 1_000


def check_name(name: str) -> None:
    """Check that a benchmark of this name exists.

    Raises:
        TrainingError: it does not.
    """
    if name not in BENCHMARKS:
        raise TrainingError(
            f'there is no benchmark "{name}"; expected {", ".join(BENCHMARKS)}'
            f"{nearest(name, BENCHMARKS)}"
        )


def check_choice(models: Sequence[str], seeds: int) -> None:
    """Check that the models exist, and that there is at least one seed.

    Raises:
        TrainingError: no such model, fewer than one seed, or more than 1,000.
    """
    for name in models:
        if name not in MODELS:
            raise TrainingError(
                f'the benchmark has no model "{name}"; expected {", ".join(MODELS)}'
                f"{nearest(name, MODELS)}"
            )
    if seeds < 1:
        raise TrainingError(invalid("seeds", seeds, "at least 1"))
    if seeds > _MOST_SEEDS:
        raise TrainingError(invalid("seeds", seeds, f"at most {_MOST_SEEDS:,}"))
