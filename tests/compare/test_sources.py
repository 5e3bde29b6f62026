"""Reading open tracks: values, scores of logits, and missing files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_tracks import write_sweep

from regtrack.compare.open_sources import open_sources
from regtrack.errors import TrackError


def test_logits_become_scores(tmp_path: Path) -> None:
    logits = np.array([-200, -1, 0, 1, 200, np.nan], dtype=np.float32)
    write_sweep(tmp_path / "s", "cnn7", {"a": {"c": logits}}, "logits")
    write_sweep(tmp_path / "t", "dilated", {"a": {"c": logits}}, "scores")
    sources = open_sources([tmp_path])
    found = sources.scores("cnn7.a", "c", 0, 6)
    expected = [0, 1 / (1 + np.e), 0.5, np.e / (1 + np.e), 1, np.nan]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_array_equal(sources.values("cnn7.a", "c", 0, 6), logits)
    np.testing.assert_array_equal(sources.scores("dilated.a", "c", 0, 6), logits)


def test_a_removed_file_is_named_without_its_path(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "s", "cnn7", {"a": {"chr1": np.ones(900, np.float32)}})
    bed = tmp_path / "b.bed"
    bed.write_text("chr1\t1\t9\n")
    sources = open_sources([folder], labels=bed)
    sources.catalog.track("cnn7.a").path.unlink()
    for read in (sources.values, sources.scores):
        with pytest.raises(TrackError, match=r"^CNN7 a can no longer be read") as caught:
            read("cnn7.a", "chr1", 0, 9)
        assert str(tmp_path) not in str(caught.value)
