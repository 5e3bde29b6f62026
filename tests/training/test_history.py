"""Which epoch is best, when to stop, and the table."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from regtrack.files.records import typed
from regtrack.training.history import Epoch, best_epoch, out_of_patience, write_history


def history(*scores: float) -> list[Epoch]:
    return [
        Epoch(
            epoch=number,
            learning_rate=0.1,
            train_loss=0.5,
            valid_loss=0.25,
            categories={"TF": score, "histone": score, "none": math.nan},
            seconds=2.04,
        )
        for number, score in enumerate(scores, 1)
    ]


def test_the_score_is_the_mean_over_the_categories_that_have_one() -> None:
    (epoch,) = history(0.3)
    assert epoch.average_precision == pytest.approx(0.3)


def test_the_first_of_equally_good_epochs_is_the_best() -> None:
    best = best_epoch(history(0.1, 0.3, 0.2, 0.3))
    assert best is not None
    assert best.epoch == 2
    assert best_epoch([]) is None


@pytest.mark.parametrize(
    ("scores", "patience", "over"),
    [
        ((0.1, 0.2, 0.1), 2, False),
        ((0.1, 0.2, 0.1, 0.2), 2, True),
        ((0.1, 0.2, 0.1, 0.2), 3, False),
        ((0.2, 0.1, 0.1, 0.1, 0.1), 0, False),
        ((), 1, False),
    ],
)
def test_patience_counts_epochs_since_the_best(
    scores: tuple[float, ...], patience: int, over: bool
) -> None:
    assert out_of_patience(history(*scores), patience) is over


def test_an_epoch_survives_its_dict() -> None:
    (epoch,) = history(0.3)
    again = typed(epoch.to_dict(), Epoch)
    assert again.categories["TF"] == 0.3
    assert again.seconds == epoch.seconds


def test_the_table_has_a_row_per_epoch_and_is_replaced_atomically(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    write_history(history(0.1), path)
    write_history(history(0.1, 0.25), path)
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert rows[1] == {
        "epoch": "2",
        "learning_rate": "0.1",
        "train_loss": "0.5",
        "valid_loss": "0.25",
        "average_precision": "0.25",
        "average_precision_TF": "0.25",
        "average_precision_histone": "0.25",
        "average_precision_none": "",
        "seconds": "2.0",
    }
    assert list(tmp_path.iterdir()) == [path]
