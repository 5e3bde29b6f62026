"""What the paper's experiments are here: sizes of a run, rows of its tables, and their settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs import PRECISION
from real_loci import PAPER, RECIPE, SHORT_PAPER, SHORT_RECIPE


@dataclass(frozen=True)
class Size:
    """How much is trained and on what.

    Attributes:
        seeds: of each row.
        epochs: of each training, on long and on short windows.
        windows: per epoch, long and short; 0: all.
        trials: of the search.
        per_category: markers; 0: all.
        used: bases of the reference from which windows are taken (bp); 0: all.
    """

    seeds: int = 3
    epochs: int = 6
    windows: tuple[int, int] = (0, 0)
    trials: int = 8
    per_category: int = 0
    used: int = 0

    def text(self, markers: int, task: str = "") -> str:
        """What a reader of a table should know of it; without a task, of all tables."""
        seeds = "1 seed" if self.seeds == 1 else f"{self.seeds} seeds"
        epochs = "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        windows = dict(zip(("dense", "short"), self.windows, strict=True))
        if windows.get(task):
            epochs += f" of {windows[task]} windows"
        return f"{seeds}, {epochs}, {markers} markers"


FULL = Size()
QUICK = Size(
    seeds=1, epochs=1, windows=(24, 96), trials=3, per_category=8, used=5_000_000
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        model: in the registry.
        settings: of the network, if they differ from its defaults.
        config: changes of how it is trained.
    """

    model: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)


# Table 1, on windows of 1,000 bp
SHORT_ROWS = {name: Row(name) for name in ("deepsea", "danq", "dilated6")}
# Table 2, on windows of 25 kb; our hybrid last
LONG_ROWS = {
    "cnn1": Row("cnn1"), "cnn3": Row("cnn3"), "cnn7": Row("cnn7"), "id-cnn": Row("id-cnn"),
    "dilated": Row("dilated"), "dilated-max": Row("dilated", {"pooling": "max"}),
    "bi-lstm": Row("bi-lstm"), "hybrid": Row("hybrid"),
}  # fmt: skip
SEARCHED = "dilated-searched"  # the row with what the search chose
FIGURE = ("cnn7", "dilated", "bi-lstm", "hybrid")  # panels of Figure 2

# the paper's dropout for networks that it does not have, too; its batch is of long windows
DROPOUT = {"dropout": 0.25}


@dataclass(frozen=True)
class PaperTable:
    """One of the tables, trained in one way.

    Attributes:
        name: of its folder.
        number: in the paper.
        way: of training, in words.
        task: of the dataset, `short` or `dense`.
        rows: by the name of their runs.
        config: how all are trained.
        settings: of all networks.
    """

    name: str
    number: int
    way: str
    task: str
    rows: Mapping[str, Row]
    config: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def training(self, row: Row, size: Size, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """The settings of a row's network, and how it is trained."""
        config = {
            "epochs": size.epochs, "patience": 0, "seed": seed,
            "epoch_windows": size.windows[self.task == "short"], "precision": PRECISION,
            **self.config, **row.config,
        }  # fmt: skip
        return {**self.settings, **row.settings}, config


TABLES = (
    PaperTable("table1-paper", 1, "the paper's settings", "short", SHORT_ROWS, SHORT_PAPER),
    PaperTable("table1-recipe", 1, "our recipe", "short", SHORT_ROWS, SHORT_RECIPE),
    PaperTable("table2-paper", 2, "the paper's settings", "dense", LONG_ROWS, PAPER, DROPOUT),
    PaperTable("table2-recipe", 2, "our recipe", "dense", LONG_ROWS, RECIPE),
)

# PR AUC by trapezoids on the test split, in the paper's Table 2: TF, DNase, histone
PUBLISHED = {
    "cnn7": (0.167, 0.186, 0.165),
    "bi-lstm": (0.107, 0.113, 0.264),
    "dilated": (0.274, 0.179, 0.273),
}
