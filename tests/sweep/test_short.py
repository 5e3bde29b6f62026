"""Networks of short windows along a genome: sweeps in steps, strands, ends, and saliency."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from regtrack.checkpoint import load_checkpoint, save_checkpoint
from regtrack.errors import NetworkError
from regtrack.genome.interval import Interval
from regtrack.genome.sequence import N, reverse_complement
from regtrack.models.window_network import WindowModel
from regtrack.predict.opening import open_network
from regtrack.predict.scores import scores
from regtrack.saliency.gradient import input_gradient, times_input
from regtrack.saliency.mutagenesis import mutagenesis
from regtrack.saliency.region import saliency_of_region
from regtrack.saliency.tracks import saliency_tracks
from regtrack.sweep.request import Compute, Storage
from regtrack.sweep.run import predict_genome
from regtrack.tracks.bigwig.read import values
from tests.sweep.toys import SHORT, Sequences, as_checkpoint, random_codes, small_model, write_fasta

CODES = {"chr1": random_codes(1_234, 0, [(400, 475)]), "chr2": random_codes(37, 1)}


def model_of(name: str) -> WindowModel:
    model = small_model(name)
    assert isinstance(model, WindowModel)
    return model


def by_hand(model: WindowModel, chrom: str, step: int = 20, *, both: bool = False) -> np.ndarray:
    """Scores (3, L): a call per window, written out; windows of 60 bp, bins of 20."""
    codes = CODES[chrom]
    total, calls = np.zeros((3, len(codes))), np.zeros(len(codes))
    ends = step - 20 if step > 20 else 0
    for start in range(-((60 // step) * step), len(codes) + 60, step):
        middle = start + ends // 2  # of the step, the bin
        places = np.arange(middle - 20, middle + 40)
        inside = (places >= 0) & (places < len(codes))
        window = np.where(inside, codes[np.clip(places, 0, len(codes) - 1)], N).astype(np.uint8)
        with torch.inference_mode():
            logits = model.labelled_logits(torch.from_numpy(window[None]))[0, :, 0].numpy()
            found = logits if step < 20 else 1 / (1 + np.exp(-logits))
            if both:
                turned = torch.from_numpy(reverse_complement(window)[None])
                other = model.labelled_logits(turned)[0, :, 0].numpy()
                found = (found + 1 / (1 + np.exp(-other))) / 2
        low, high = max(start, 0), min(start + max(step, 20), len(codes))
        if low < high:
            total[:, low:high] += found[:, None]
            calls[low:high] += 1
    means = total / calls
    found = means if step >= 20 else 1 / (1 + np.exp(-means))
    found[:, codes == N] = np.nan
    return found


def stepwise(found: np.ndarray, step: int) -> np.ndarray:
    """The mean of each step's known bases, at all of its bases: what a bigWig of steps holds."""
    out = found.copy()
    for start in range(0, found.shape[1], step):
        here = found[:, start : start + step]
        if not np.isnan(here).all():
            out[:, start : start + step] = np.nanmean(here, axis=1, keepdims=True)
    return out


@pytest.mark.parametrize("name", SHORT)
@pytest.mark.parametrize(("step", "both"), [(None, False), (None, True), (5, False), (32, False)])
def test_a_sweep_is_a_call_per_window(
    tmp_path: Path, name: str, step: int | None, both: bool
) -> None:
    reference, model = write_fasta(tmp_path / "r.fa", CODES), model_of(name)
    checkpoint = as_checkpoint(model, Sequences(CODES).assembly)
    compute = Compute(
        window=160, batch_size=2, device="cpu", step=step, reverse_complement=both,
    )  # fmt: skip
    summary = predict_genome(
        checkpoint, reference, tmp_path / "out", compute=compute, storage=Storage(keep_bits=23)
    )

    tracks = sorted((tmp_path / "out").glob("*.bw"))
    assert len(tracks) == len(summary.tracks) == 3
    order = ["K562_DNase", "K562_TF", "K562_histone"]
    for chrom, codes in CODES.items():
        expected = by_hand(model, chrom, step or 20, both=both)
        rows = dict(zip(["K562_TF", "K562_histone", "K562_DNase"], expected, strict=True))
        for path in tracks:
            marker = next(one for one in order if one in path.name)
            found = values(path, Interval(chrom, 0, len(codes)))
            wanted = stepwise(rows[marker][None], step or 20)[0]
            np.testing.assert_allclose(found, wanted, rtol=1e-5)
            assert len(np.unique(found[~np.isnan(found)])) > 1


@pytest.mark.parametrize("name", SHORT)
def test_a_region_has_the_scores_of_its_windows(name: str) -> None:
    checkpoint = as_checkpoint(model_of(name), Sequences(CODES).assembly)
    found = scores(checkpoint, Sequences(CODES), Interval("chr1", 333, 777), device="cpu")

    np.testing.assert_allclose(found.values, by_hand(model_of(name), "chr1")[:, 333:777], rtol=1e-5)


@pytest.mark.parametrize("step", [0, 7, 61])
def test_a_step_that_fits_no_bin_is_refused(step: int) -> None:
    checkpoint = as_checkpoint(model_of("danq"), Sequences(CODES).assembly)
    with pytest.raises(NetworkError, match=f"`step` is {step} bp; expected a divisor of 20, or 20"):
        open_network(checkpoint, step=step)
    dense = as_checkpoint(small_model("cnn7"), Sequences(CODES).assembly)
    with pytest.raises(NetworkError, match="one output per call, and CNN7 has one per base; omit"):
        open_network(dense, step=20)


@pytest.mark.parametrize("name", SHORT)
def test_a_checkpoint_comes_back(tmp_path: Path, name: str) -> None:
    checkpoint = as_checkpoint(model_of(name).float(), Sequences(CODES).assembly)
    save_checkpoint(tmp_path / "a.safetensors", checkpoint)
    loaded = load_checkpoint(tmp_path / "a.safetensors")
    codes = torch.from_numpy(CODES["chr1"][None])

    assert loaded.header == checkpoint.header
    with torch.inference_mode():
        assert torch.equal(loaded.model.logits(codes), checkpoint.model.logits(codes))
    assert loaded.model.embed.weight.tolist() == torch.eye(5, 4).tolist()


@pytest.mark.parametrize("name", SHORT)
@pytest.mark.parametrize("method", ["gradient-x-input", "integrated-gradients", "ism"])
def test_saliency_counts_each_bin_once(name: str, method: str) -> None:
    """The region's own outputs: those of the bin of bases 600 to 619, whichever are chosen."""
    model, source = model_of(name), Sequences(CODES)
    checkpoint = as_checkpoint(model, source.assembly)
    found = saliency_of_region(
        checkpoint, source, Interval("chr1", 605, 612), "K562_TF", method=method, threshold=0,
        device="cpu",
    )  # fmt: skip
    window = CODES["chr1"][580:640]
    outputs = np.zeros(60, bool)
    outputs[20] = True
    if method == "gradient-x-input":
        gradient = input_gradient(model, window[None], outputs[None], 0)
        expected = times_input(gradient, torch.from_numpy(window), model.embed.weight)[0]
        np.testing.assert_allclose(found.values, expected.numpy()[25:32], rtol=1e-5, atol=1e-9)
    elif method == "ism":
        whole = model.labelled_logits(torch.from_numpy(window[None]))[0, 0, 0].item()
        for base in range(7):
            for letter in range(4):
                mutant = window.copy()
                mutant[25 + base] = letter
                logit = model.labelled_logits(torch.from_numpy(mutant[None]))[0, 0, 0].item()
                assert found.values[base, letter] == pytest.approx(logit - whole, abs=1e-6)
    else:
        assert found.completeness is not None
        assert found.completeness.added == pytest.approx(found.completeness.change, rel=0.05)
    assert found.receptive_field == 60
    assert found.outputs.sum() == 7


@pytest.mark.parametrize("name", SHORT)
def test_mutants_at_once_do_not_matter(name: str) -> None:
    model, outputs = model_of(name), np.zeros(200, bool)
    outputs[[3, 45, 50, 119]] = True
    codes = random_codes(200, 3, [(60, 70)])
    found = mutagenesis(model, codes, outputs, 1, (0, 200))

    np.testing.assert_allclose(
        mutagenesis(model, codes, outputs, 1, (30, 90), batch_size=5), found[30:90], atol=1e-9
    )
    # two outputs of one bin count twice, if they are both chosen
    with torch.inference_mode():
        mutant = codes.copy()
        mutant[50] = (codes[50] + 1) % 4
        change = [
            model.logits(torch.from_numpy(one[None]), [1])[0, 0, outputs].sum().item()
            for one in (mutant, codes)
        ]
    assert found[50, mutant[50]] == pytest.approx(change[0] - change[1], abs=1e-6)


@pytest.mark.parametrize("name", SHORT)
def test_saliency_tracks_are_one_backward_pass(tmp_path: Path, name: str) -> None:
    model, reference = model_of(name), write_fasta(tmp_path / "r.fa", CODES)
    checkpoint = as_checkpoint(model, Sequences(CODES).assembly)
    saliency_tracks(
        checkpoint, reference, tmp_path / "out", markers="K562_TF", chroms="chr1",
        compute=Compute(window=120, batch_size=1, device="cpu"), storage=Storage(keep_bits=23),
    )  # fmt: skip
    codes = CODES["chr1"]
    outputs = np.zeros(len(codes), bool)
    for start in range(0, len(codes), 20):  # the first base of each bin that is not N
        known = np.flatnonzero(codes[start : start + 20] != N)
        outputs[start + known[:1]] = True
    gradient = input_gradient(model, codes[None], outputs[None], 0)
    whole = times_input(gradient, torch.from_numpy(codes), model.embed.weight)[0].numpy()
    expected = np.where(codes == N, np.nan, whole)

    (path,) = (tmp_path / "out").glob("*.saliency.bw")
    found = values(path, Interval("chr1", 0, len(codes)))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-9)
