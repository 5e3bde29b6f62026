"""Settings that check themselves, and the learning rate over a run."""

from __future__ import annotations

from typing import Any

import pytest

from regtrack.errors import TrainingError
from regtrack.training.config import Hardware, TrainingConfig


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("epochs", 0, "0"),
        ("patience", -1, "-1"),
        ("batch_size", 0, "0"),
        ("learning_rate", 0.0, "0"),
        ("learning_rate", float("nan"), "nan"),
        ("weight_decay", -0.1, "-0.1"),
        ("averaging", 1.0, "1"),
        ("schedule", "linear", '"linear"'),
        ("warmup", 1.0, "1"),
        ("positive_weight", 0.0, "0"),
        ("loss_every", 0, "0"),
        ("clip", -1.0, "-1"),
        ("precision", "fp16", '"fp16"'),
        ("cutout", 1.0, "1"),
        ("shift", -1, "-1"),
        ("epoch_windows", -1, "-1"),
        ("seed", -1, "-1"),
        ("seed", 2**63, "9,223,372,036,854,775,808"),
        ("learning_rate", 1e300, "1e\\+300"),
        ("positive_weight", 1e19, "1e\\+19"),
        ("epochs", 10**19, "10,000,000,000,000,000,000"),
    ],
)
def test_an_invalid_setting_is_refused_by_name(name: str, value: Any, found: str) -> None:
    with pytest.raises(TrainingError, match=f"`{name}` is {found}( bp| windows)?; expected"):
        TrainingConfig(**{name: value})


def test_negative_workers_or_nodes_are_refused() -> None:
    with pytest.raises(TrainingError, match="`workers` is -1; expected"):
        Hardware(workers=-1)
    with pytest.raises(TrainingError, match="`workers` is 1,025; expected 0 to 1,024"):
        Hardware(workers=1_025)
    with pytest.raises(TrainingError, match="`nodes` is 100,001; expected 1 to 100,000"):
        Hardware(nodes=100_001)


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
@pytest.mark.parametrize("warmup", [0.0, 0.1])
@pytest.mark.parametrize("steps", [1, 7, 1000])
def test_the_learning_rate_rises_once_and_never_leaves_its_bounds(
    schedule: str, warmup: float, steps: int
) -> None:
    config = TrainingConfig(schedule=schedule, warmup=warmup)
    rates = [config.rate(step, steps) for step in range(steps)]
    assert all(0 < rate <= 1 for rate in rates)
    assert max(rates) == 1
    top = rates.index(1)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert top <= warmup * steps


def test_the_cosine_ends_near_zero_and_a_constant_at_its_peak() -> None:
    assert TrainingConfig(schedule="cosine").rate(999, 1000) < 1e-4
    assert TrainingConfig(schedule="constant").rate(999, 1000) == 1
