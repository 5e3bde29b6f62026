"""Comparisons on a draft assembly: what they find, and how often they read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score
from small_tracks import write_sweep

from regtrack.compare import labels as label_files
from regtrack.compare.open_sources import open_sources
from regtrack.compare.ranking import rank_windows
from regtrack.compare.scoreboard import score_models
from regtrack.tracks.bigwig import raw

CONTIGS = 300
LENGTHS = np.random.default_rng(0).integers(1, 400, CONTIGS).tolist()
NAMES = [f"ctg{number}" for number in range(CONTIGS)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores of two models on every contig but each fifth, and labels of every third."""
    folder = tmp_path_factory.mktemp("draft")
    random = np.random.default_rng(1)
    for model in ("cnn7", "dilated"):
        scores = {
            name: random.integers(0, 128, length).astype(np.float32) / 128
            for name, length in zip(NAMES, LENGTHS, strict=True)
        }
        for name in NAMES[::5]:
            scores[name][:] = np.nan
        write_sweep(folder / model, model, {"m": scores})
        np.savez(folder / f"{model}.npz", **scores)
    bed = [f"{name}\t0\t{length // 2 + 1}\n" for name, length in zip(NAMES, LENGTHS, strict=True)]
    (folder / "m.bed").write_text("".join(bed[::3]))
    return folder


def truth(name: str) -> np.ndarray:
    number = NAMES.index(name)
    found = np.zeros(LENGTHS[number], dtype=bool)
    if number % 3 == 0:
        found[: LENGTHS[number] // 2 + 1] = True
    return found


def test_windows_and_scores_of_many_contigs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: Counter[str] = Counter()
    for owner, name in ((raw, "search_index"), (label_files, "read_peaks")):
        plain = getattr(owner, name)

        def counted(*given: object, plain=plain, name=name) -> object:  # type: ignore[no-untyped-def]
            counts[name] += 1
            return plain(*given)

        monkeypatch.setattr(owner, name, counted)
    one, two = (np.load(folder / f"{model}.npz") for model in ("cnn7", "dilated"))
    with open_sources([folder], labels=folder / "m.bed") as sources:
        error, difference = (
            {
                row["chrom"]: row
                for row in rank_windows(sources, kind, "m", "cnn7", "dilated").rows()
            }
            for kind in ("error", "disagreement")
        )
        (row,) = score_models(sources, "cnn7", "dilated").rows
    present = [name for number, name in enumerate(NAMES) if number % 5]
    assert error.keys() == difference.keys() == set(present)
    for name in present:
        assert error[name]["value"] == pytest.approx(abs(one[name] - truth(name)).mean())
        assert difference[name]["value"] == pytest.approx(abs(one[name] - two[name]).mean())
        assert error[name]["labelled"] == pytest.approx(truth(name).mean())
    labels = np.concatenate([truth(name) for name in present])
    for found, scores in ((row.first, one), (row.second, two)):
        values = np.concatenate([scores[name] for name in present])
        assert found == pytest.approx(average_precision_score(labels, values))
    # all contigs are read at once, in each of 4 passes over a track; the peaks once
    assert counts == {"search_index": 4, "read_peaks": 1}
