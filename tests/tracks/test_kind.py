"""The kind of values in a sweep's files, from every format of sweep.json."""

from __future__ import annotations

from typing import get_args

import pytest

from regtrack.errors import TrackError
from regtrack.tracks.kind import PREDICTED, Kind, kind_of

OF_SALIENCY = {"format": 2, "values": "gradient-x-input of scores from 0.5"}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_entry_of_a_file_gives_its_kind(kind: Kind) -> None:
    assert kind_of(OF_SALIENCY, {"file": "cnn7.K562_CTCF.bw", "values": kind}) == kind


@pytest.mark.parametrize(
    ("record", "file", "kind"),
    [
        ({"values": "scores"}, "a.saliency-abs.bw", "scores"),  # may be part of a marker's name
        ({"values": "logits"}, "a.bw", "logits"),
        ({}, "a.bw", "scores"),
        (OF_SALIENCY, "a.saliency.bw", "saliency"),
        (OF_SALIENCY, "a.saliency-abs.bw", "absolute saliency"),
    ],
)
def test_older_sweeps_give_one_kind_for_all_files(
    record: dict[str, object], file: str, kind: Kind
) -> None:
    assert kind_of(record, {"file": file}) == kind


def test_values_of_a_later_version_are_refused() -> None:
    with pytest.raises(TrackError, match=r'a\.bw holds "counts"; expected one of scores, logits'):
        kind_of({}, {"file": "a.bw", "values": "counts"})


def test_only_scores_and_logits_are_compared_with_labels() -> None:
    assert set(PREDICTED) == {"scores", "logits"}
