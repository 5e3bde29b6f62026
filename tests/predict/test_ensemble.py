"""Several networks as one: what it reads, and the mean of logits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from regtrack.errors import MarkerError
from regtrack.genome.assembly import Assembly
from regtrack.predict.ensemble import Ensemble, averaged
from tests.sweep.toys import as_checkpoint, random_codes, small_model

ASSEMBLY = Assembly(("chr1",), (5_000,))


def test_it_reads_what_the_furthest_seeing_member_needs() -> None:
    near, far = small_model("cnn7"), small_model("dilated")
    both = Ensemble([near, far], [[0], [0]])
    assert both.stride == np.lcm(near.stride, far.stride)
    assert both.reach == far.reach
    assert both.flank is not None
    assert far.flank is not None
    assert far.flank <= both.flank < far.flank + both.stride
    assert both.flank % both.stride == 0
    unbounded = Ensemble([near, small_model("bi-lstm")], [[0], [0]])
    assert (unbounded.reach, unbounded.flank) == (None, None)


def test_markers_of_all_are_matched_by_name_and_averaged_as_logits() -> None:
    one, other = (
        as_checkpoint(small_model("cnn3"), ASSEMBLY),
        as_checkpoint(small_model("cnn7"), ASSEMBLY),
    )
    other = replace(other, markers=other.markers[::-1])
    both = averaged([one, other])
    assert both.marker_names == one.marker_names
    codes = torch.from_numpy(random_codes(400, 1))[None]
    with torch.inference_mode():
        found = both.model.eval().logits(codes, [1])
        parts = [
            part.model.eval().logits(codes)[0, list(part.marker_names).index(both.marker_names[1])]
            for part in (one, other)
        ]
    assert found.dtype == torch.float32
    torch.testing.assert_close(found[0, 0], ((parts[0] + parts[1]) / 2).float())


def test_members_without_a_common_marker_are_refused() -> None:
    one = as_checkpoint(small_model("cnn3"), ASSEMBLY)
    strange = tuple(replace(marker, name=f"other_{marker.name}") for marker in one.markers)
    with pytest.raises(MarkerError, match="no marker is predicted by all 2 checkpoints"):
        averaged([one, replace(one, markers=strange)])
    with pytest.raises(ValueError, match="one list of rows per member"):
        Ensemble([one.model, one.model], [[0], [0, 1]])
