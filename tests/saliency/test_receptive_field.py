"""The effective receptive field: within the theoretical one, and the same in any batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from regtrack.checkpoint import load_checkpoint
from regtrack.errors import DatasetError, MarkerError, SaliencyError
from regtrack.saliency import receptive_field, strips
from regtrack.saliency.gradient import gradient_saliency
from regtrack.saliency.receptive_field import (
    compare_receptive_fields,
    draw_positives,
    effective_receptive_field,
)

from .conftest import PEAKS, Files, lacks_tf

REAL_MASSES = receptive_field._masses


def test_one_output_gives_its_own_gradient(files: Files) -> None:
    checkpoint, dataset = load_checkpoint(files.checkpoint("cnn7")), files.dataset
    marker = dataset.markers[0]
    room = checkpoint.model.flank + checkpoint.model.stride
    ((chrom, position),) = draw_positives(dataset, marker, "valid", number=1, seed=4, room=room)
    found = effective_receptive_field(checkpoint, dataset, marker, positives=1, seed=4)
    codes = dataset.codes(chrom, 0, 10_000)
    outputs = np.arange(10_000) == position
    whole = gradient_saliency(checkpoint.model, codes[None], outputs[None], 0)[0]
    expected = whole[position + found.distance[0] : position + found.distance[-1] + 1]
    np.testing.assert_allclose(found.mass, expected / expected.sum(), rtol=1e-4, atol=1e-9)
    assert found.width(99) <= found.receptive_field == checkpoint.model.receptive_field


def test_the_mean_does_not_depend_on_the_batch(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, dataset = load_checkpoint(files.checkpoint("dilated")), files.dataset
    whole = effective_receptive_field(checkpoint, dataset, dataset.markers[0], positives=9)
    monkeypatch.setitem(strips.AT_ONCE, "cpu", 1)
    alone = effective_receptive_field(checkpoint, dataset, dataset.markers[0], positives=9)
    np.testing.assert_allclose(alone.mass, whole.mass, rtol=1e-4, atol=1e-9)
    assert whole.mass.sum() == pytest.approx(1)
    assert whole.positives == alone.positives == 9
    left, right = checkpoint.model.reach
    outside = (whole.distance < -left) | (whole.distance > right)
    assert outside.any()
    assert (whole.mass[outside] == 0).all()


def test_positives_are_labelled_bases_of_the_split_with_room(files: Files) -> None:
    marker = files.dataset.markers[0]
    every = draw_positives(files.dataset, marker, "valid", number=10_000, seed=0, room=0)
    assert every == [("chr2", base) for start, end in PEAKS for base in range(start, end)]
    roomy = draw_positives(files.dataset, marker, "valid", number=10_000, seed=0, room=1_250)
    assert roomy == [(chrom, base) for chrom, base in every if 1_250 <= base < 10_000 - 1_250]
    some = draw_positives(files.dataset, marker, "valid", number=40, seed=1, room=0)
    assert len(set(some)) == 40
    assert set(some) <= set(every)
    assert some != draw_positives(files.dataset, marker, "valid", number=40, seed=2, room=0)


def test_the_receptive_field_of_a_bi_lstm_is_measured_within_a_window(files: Files) -> None:
    checkpoint, dataset = load_checkpoint(files.checkpoint("bi-lstm")), files.dataset
    found = effective_receptive_field(checkpoint, dataset, dataset.markers[0], positives=3)
    assert found.receptive_field is None
    assert found.distance[0] == -(dataset.window // 2 + checkpoint.model.stride)


def test_models_are_compared_on_the_most_common_marker_and_the_same_outputs(files: Files) -> None:
    paths = [files.checkpoint(name) for name in ("cnn3", "cnn7")]
    found = compare_receptive_fields(paths, files.data, positives=5, device="cpu")
    assert [curve.model for curve in found] == ["CNN3", "CNN7"]
    assert {curve.marker.name for curve in found} == {"K562_TF"}
    assert found[0].width(99) < found[1].width(99)


def test_outputs_without_a_gradient_are_counted_separately(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def constant(model: Any, codes: Any, outputs: Any, *options: Any, **more: Any) -> Any:
        found = gradient_saliency(model, codes, outputs, *options, **more)
        found[::3] = 0
        return found

    monkeypatch.setattr(receptive_field, "gradient_saliency", constant)
    (found,) = compare_receptive_fields([files.checkpoint("cnn3")], files.data, positives=9)
    assert (found.positives, found.silent, found.to_dict()["without_gradient"]) == (6, 3, 3)
    assert found.mass.sum() == pytest.approx(1)


def test_every_model_gets_the_outputs_with_room_for_the_widest(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def masses(model: Any, dataset: Any, outputs: Any, *options: Any, **more: Any) -> Any:
        asked.append((model.name, tuple(outputs)))
        return REAL_MASSES(model, dataset, outputs, *options, **more)

    monkeypatch.setattr(receptive_field, "_masses", masses)
    paths = [files.checkpoint(name) for name in ("cnn3", "bi-lstm")]
    compare_receptive_fields(paths, files.data, positives=10_000, device="cpu")
    outputs = {
        name: [one for called, some in asked if called == name for one in some]
        for name in ("cnn3", "bi-lstm")
    }
    assert outputs["cnn3"] == outputs["bi-lstm"]
    room = files.dataset.window // 2
    assert all(room < base < 10_000 - room for _, base in outputs["cnn3"])


def test_fewer_outputs_than_requested_are_reported(
    files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    compare_receptive_fields([files.checkpoint("cnn3")], files.data, positives=5_000)
    assert "of 5,000 requested outputs are labelled" in caplog.text


def test_all_models_are_checked_for_the_marker_first(files: Files, tmp_path: Path) -> None:
    last = lacks_tf(files, tmp_path)
    with pytest.raises(MarkerError, match=rf'no marker of {last} is called "K562_TF"'):
        compare_receptive_fields([files.checkpoint("cnn3"), last], files.data, marker="*_TF")


def test_invalid_receptive_fields_are_refused(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [files.checkpoint("cnn3")]
    with pytest.raises(SaliencyError, match="`positives` is 0; expected at least 1"):
        compare_receptive_fields(paths, files.data, positives=0)
    with pytest.raises(SaliencyError, match="`seed` is -1; expected 0 or more"):
        compare_receptive_fields(paths, files.data, seed=-1)
    with pytest.raises(DatasetError, match=r"no base of the valid split .* is labelled K562_DNase"):
        compare_receptive_fields(paths, files.data, marker="*DNase")
    with pytest.raises(MarkerError, match="no marker matches"):
        compare_receptive_fields(paths, files.data, marker="CTCF")
    with pytest.raises(DatasetError, match=r"the test split .* has no windows"):
        compare_receptive_fields(paths, files.data, split="test", marker="*_TF")
    monkeypatch.setattr(
        receptive_field, "gradient_saliency", lambda _m, codes, *_, **__: np.zeros(codes.shape)
    )
    with pytest.raises(DatasetError, match="no gradient at any of 200"):
        compare_receptive_fields(paths, files.data, marker="*_TF")
