"""Tracks of saliency: seamless, that is one backward pass over the whole chromosome."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
import torch

from regtrack.errors import PlanError, SaliencyError
from regtrack.genome.sequence import N
from regtrack.models.registry import build_model
from regtrack.predict import capacity
from regtrack.predict.capacity import BYTES_PER_SCORE, memory_of
from regtrack.saliency.gradient import gradient_saliency
from regtrack.saliency.tracks import TrackSaliency, saliency_tracks
from regtrack.sweep.request import Compute, Selection, Storage
from regtrack.sweep.summary import Forecast
from tests.readers.tensor_memory import peak_memory
from tests.sweep.toys import SMALL, grouped, write_fasta

from .toys import BOUNDED, Sequences, checkpoint_of, random_codes

CODES = {
    "chr1": random_codes(2_003, 0, [(0, 30), (900, 1_000)]),
    "chr2": random_codes(640, 1),
}


def tracks_of(name: str, folder: Path, threshold: float = 0.0, **options: object) -> np.ndarray:
    """Signed and absolute values (2, L) of chr1 by the sweep, NaN where absent."""
    checkpoint = checkpoint_of(name, Sequences(CODES))
    reference = write_fasta(folder / "r.fa", CODES)
    summary = saliency_tracks(
        checkpoint,
        reference,
        folder / "out",
        threshold=threshold,
        **grouped(markers=("*histone",), device="cpu", keep_bits=23, **options),
    )
    model = checkpoint.model.name
    assert [track.file for track in summary.tracks] == [
        f"{model}.K562_histone.saliency.bw",
        f"{model}.K562_histone.saliency-abs.bw",
    ]
    assert [track.values for track in summary.tracks] == ["saliency", "absolute saliency"]
    found = []
    for track in summary.tracks:
        with pyBigWig.open(str(folder / "out" / track.file)) as file:
            found.append(np.array(file.values("chr1", 0, len(CODES["chr1"]))))
    return np.stack(found)


def one_pass(name: str, outputs: np.ndarray) -> np.ndarray:
    model = checkpoint_of(name, Sequences(CODES)).model
    codes = CODES["chr1"]
    values = gradient_saliency(
        model, codes[None], outputs[None], 1, method="gradient-x-input"
    )[0].astype(np.float64)  # fmt: skip
    values[codes == N] = np.nan
    return values


@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("batch_size", [1, 3])
def test_they_are_one_backward_pass_whatever_the_window(
    name: str, batch_size: int, tmp_path: Path
) -> None:
    found = tracks_of(name, tmp_path, window=120, batch_size=batch_size)
    expected = one_pass(name, CODES["chr1"] != N)
    np.testing.assert_allclose(found[0], expected, rtol=1e-5, atol=1e-8)
    np.testing.assert_array_equal(found[1], np.abs(found[0]))


@pytest.mark.parametrize("name", ["cnn7", "dilated"])
def test_one_flank_would_leave_seams(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(TrackSaliency, "flanks", 1)
    found = tracks_of(name, tmp_path, window=120, batch_size=1)
    expected = one_pass(name, CODES["chr1"] != N)
    assert not np.allclose(found[0], expected, rtol=1e-3, atol=1e-6, equal_nan=True)


def test_a_threshold_selects_the_outputs_by_score(tmp_path: Path) -> None:
    from regtrack.predict.forward import scores_of_codes

    codes = CODES["chr1"]
    model = checkpoint_of("dilated", Sequences(CODES)).model
    predicted = scores_of_codes(model, codes[None], markers=[1])[0, 0]
    # between two scores, so that rounding decides nothing
    middle = np.sort(predicted)[len(codes) * 3 // 4 :][:2].mean()
    found = tracks_of("dilated", tmp_path, threshold=float(middle), window=120, batch_size=2)
    expected = one_pass("dilated", (predicted >= middle) & (codes != N))
    np.testing.assert_allclose(found[0], expected, rtol=1e-4, atol=1e-6)


def test_a_region_has_the_same_values(tmp_path: Path) -> None:
    found = tracks_of("cnn7", tmp_path, window=100, batch_size=2, region="chr1:401-1,250")
    expected = one_pass("cnn7", CODES["chr1"] != N)
    expected[:400] = expected[1_250:] = np.nan
    np.testing.assert_allclose(found[0], expected, rtol=1e-5, atol=1e-8)
    record = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert record["values"] == "gradient-x-input of all outputs"
    assert record["region"] == "chr1:401-1,250"


@pytest.mark.parametrize("name", [*sorted(SMALL), "hybrid-strand"])
def test_bf16_is_close_to_fp32(name: str) -> None:
    """Except at bases where rounding switches a unit on or off, which changes their gradient.

    ID-CNN goes through the same layers three times, and an untrained one has many such units. An
    untrained hybrid's gradients of both strands are uncorrelated, so that their mean is smaller by
    the root of 2, which the differences, at other bases of each strand, are not.
    """
    bounds = {"id-cnn": (0.9, 0.3), "hybrid": (0.97, 0.08 * 2**0.5)}
    alike, apart = bounds.get(name, (0.98, 0.08))
    model = checkpoint_of(name, Sequences(CODES)).model.float()
    codes = random_codes(4_000, 2, [(100, 130)])[None]
    exact, quick = (
        TrackSaliency(model, [0, 1], torch.device("cpu"), precision)(codes)[0].numpy()
        for precision in ("fp32", "bf16")
    )
    assert exact.dtype == quick.dtype == np.float32
    assert not np.array_equal(exact, quick)
    for one, other in zip(exact, quick, strict=True):
        assert np.corrcoef(one, other)[0, 1] > alike
        assert np.abs(other - one).mean() < apart * np.abs(one).mean()
    assert (quick[:, codes[0] == N] == 0).all()


@pytest.mark.parametrize("name", ["cnn7", "dilated", "id-cnn", "bi-lstm", "hybrid"])
@pytest.mark.parametrize("markers", [1, 8])
def test_a_pass_takes_no_more_memory_than_declared(name: str, markers: int, tmp_path: Path) -> None:
    length, model = 10_000, build_model(name, markers).eval()
    computation = TrackSaliency(model, range(markers), torch.device("cpu"))
    codes = random_codes(length)[None]
    computation(codes)
    said = memory_of(length, computation.count, bytes_per_base=computation.bytes_per_base)
    assert said / 3 < peak_memory(lambda: computation(codes), tmp_path) <= said


def test_the_sweep_uses_the_declared_memory_of_a_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = 2 * 100 * (TrackSaliency.bytes_per_base + 2 * BYTES_PER_SCORE)
    monkeypatch.setattr(capacity, "_CPU_MEMORY", windows)
    checkpoint = checkpoint_of("cnn3", Sequences(CODES))
    reference = write_fasta(tmp_path / "r.fa", CODES)
    told: list[Forecast] = []
    saliency_tracks(
        checkpoint, reference, tmp_path / "out",
        markers="*histone", compute=Compute(device="cpu", window=100), announce=told.append,
    )  # fmt: skip
    assert told[0].batch_size == 2
    assert told[0].memory >= windows


def test_invalid_requests_are_refused(tmp_path: Path) -> None:
    checkpoint = checkpoint_of("cnn3", Sequences(CODES))
    reference = write_fasta(tmp_path / "r.fa", CODES)
    asked = checkpoint, reference, tmp_path / "out"
    with pytest.raises(SaliencyError, match="`threshold` is 1; expected a score from 0 to below 1"):
        saliency_tracks(*asked, threshold=1.0)
    with pytest.raises(
        PlanError, match="`selection` cannot be combined with `markers` or `chroms`"
    ):
        saliency_tracks(*asked, markers="*TF", selection=Selection(chroms="chr1"))
    for unwanted in (
        {"compute": Compute(reverse_complement=True)}, {"storage": Storage(logits=True)}
    ):  # fmt: skip
        with pytest.raises(PlanError, match="logits of the forward strand"):
            saliency_tracks(*asked, **unwanted)
    assert not (tmp_path / "out").exists()
