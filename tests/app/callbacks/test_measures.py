"""The table of measures: its numbers, and what one request may read."""

from __future__ import annotations

import numpy as np
from regtrack_app.callbacks.measures import MOST_BASES, number_text, table_of

from regtrack.compare.measure_region import measure_region
from regtrack.compare.sources import Sources
from regtrack.genome.interval import Interval

REGION = Interval("chr1", 100_000, 125_000)


def test_the_table_has_the_numbers_of_every_row(sources: Sources) -> None:
    rows = measure_region(sources, REGION)
    text = str(table_of(rows, str(REGION)).to_plotly_json())
    for row in rows:
        assert row.measures is not None
        assert number_text(row.measures.average_precision) in text
        assert row.label in text


def test_a_chromosome_is_too_much() -> None:
    assert MOST_BASES < 250_000_000


def test_numbers_are_short() -> None:
    assert [number_text(value) for value in (None, 0.0, 1.0, -0.25, 0.0004)] == [
        "–", "0.000", "1.000", "-0.250", "0.0004",
    ]  # fmt: skip
    assert not np.isnan(float(number_text(0.5)))
