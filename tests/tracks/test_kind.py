"""The kind of values in a sweep's files, from every format of sweep.json."""

from __future__ import annotations

from typing import get_args

import pytest

from regtrack.errors import TrackError
from regtrack.tracks.kind import PREDICTED, Kind, kind_of
from regtrack.tracks.sweep_record import SweepRecord, SweptBy, TrackEntry

OF_SALIENCY = "gradient-x-input of scores from 0.5"


def kind(values: str | None, file: str, its: str | None = None) -> Kind:
    """The kind of a file in a sweep whose record says `values`."""
    entry = TrackEntry(file, "K562_CTCF", "TF", its)
    return kind_of(SweepRecord(SweptBy("cnn7"), (entry,), values=values), entry)


@pytest.mark.parametrize("its", get_args(Kind))
def test_the_entry_of_a_file_gives_its_kind(its: Kind) -> None:
    assert kind(OF_SALIENCY, "cnn7.K562_CTCF.bw", its) == its


@pytest.mark.parametrize(
    ("values", "file", "expected"),
    [
        ("scores", "a.saliency-abs.bw", "scores"),  # may be part of a marker's name
        ("logits", "a.bw", "logits"),
        (None, "a.bw", "scores"),
        (OF_SALIENCY, "a.saliency.bw", "saliency"),
        (OF_SALIENCY, "a.saliency-abs.bw", "absolute saliency"),
    ],
)
def test_older_sweeps_give_one_kind_for_all_files(
    values: str | None, file: str, expected: Kind
) -> None:
    assert kind(values, file) == expected


def test_values_of_a_later_version_are_refused() -> None:
    with pytest.raises(TrackError, match=r'a\.bw holds "counts"; expected one of scores, logits'):
        kind(None, "a.bw", "counts")


def test_only_scores_and_logits_are_compared_with_labels() -> None:
    assert set(PREDICTED) == {"scores", "logits"}
