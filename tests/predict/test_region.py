"""Values along a region equal those of one pass, or for a Bi-LSTM those of its windows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from regtrack.errors import OutOfMemoryError
from regtrack.genome.interval import Interval
from regtrack.genome.sequence import Codes, N, reverse_complement
from regtrack.models.network import TrackModel
from regtrack.predict import reading, region
from regtrack.predict.capacity import bases_at_once, memory_of
from regtrack.predict.forward import scores_of_codes, values_of_codes
from regtrack.predict.reading import ReadRule, strips_along
from regtrack.predict.region import values_along
from tests.sweep.toys import Sequences, Sums, random_codes, small_model

CODES = random_codes(2_003, 0, [(0, 30), (700, 730), (900, 1_100)])
SOURCE = Sequences({"chr1": CODES})
INTERVALS = [(0, 2_003), (501, 1_503), (1_950, 2_003), (720, 721)]


@pytest.fixture
def small_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips of 70 bp instead of 250 kb."""
    monkeypatch.setattr(region, "bases_at_once", lambda *_: 70)
    monkeypatch.setattr(reading, "WINDOW", 50)


def whole(model: TrackModel, codes: Codes, *, both_strands: bool = False) -> np.ndarray:
    """The scores of one pass, (M, L), NaN at N."""
    found = scores_of_codes(model, codes[None])[0]
    if both_strands:
        found = (found + scores_of_codes(model, reverse_complement(codes)[None])[0, :, ::-1]) / 2
    found[:, codes == N] = np.nan
    return found


@pytest.mark.usefixtures("small_strips")
@pytest.mark.parametrize("both_strands", [False, True])
@pytest.mark.parametrize("name", ["cnn3", "cnn7", "id-cnn", "dilated"])
def test_values_equal_one_pass_however_they_are_divided(name: str, both_strands: bool) -> None:
    model = small_model(name)
    expected = whole(model, CODES, both_strands=both_strands)[[2, 0]]
    assert np.nanmax(np.nanstd(expected, axis=1)) > 1e-3  # they vary along the sequence
    for start, end in INTERVALS:
        found = values_along(
            model, SOURCE, Interval("chr1", start, end), [2, 0], both_strands=both_strands
        )
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected[:, start:end], rtol=0, atol=3e-7)


def logits_of(model: TrackModel, codes: Codes) -> np.ndarray:
    """The logits of one pass, (M, L)."""
    return values_of_codes(model, codes[None], markers=[0, 1, 2], logits=True)[0].numpy()


@pytest.mark.usefixtures("small_strips")
@pytest.mark.parametrize("scale", [1, 100, 10_000])
@pytest.mark.parametrize("name", ["cnn7", "dilated"])
def test_rounding_grows_with_the_largest_logit(name: str, scale: float) -> None:
    """As docs/sweep.md says; networks in float32 whose last layer is scaled up."""
    model = small_model(name, channels=[32, 64, 32]).float()
    with torch.no_grad():
        model.head.output.weight *= scale
        model.head.output.bias *= scale
    logits = logits_of(model, CODES)
    known = CODES != N
    largest = float(np.abs(logits).max())
    assert largest > scale / 10
    place = Interval("chr1", 0, len(CODES))
    found = values_along(model, SOURCE, place, [0, 1, 2], logits=True)[:, known]
    assert np.abs(found - logits[:, known]).max() <= 2e-6 * largest
    found, expected = values_along(model, SOURCE, place, [0, 1, 2]), whole(model, CODES)
    assert np.abs(found - expected)[:, known].max() <= 5e-7 * max(1.0, largest)
    # a sequence read without a flank is more than a hundred times as far off
    cut = logits_of(model, CODES[300:])
    assert np.abs(cut - logits[:, 300:]).max() > 2e-4 * largest


@pytest.mark.usefixtures("small_strips")
def test_scores_are_the_sigmoid_of_the_logits() -> None:
    model, interval = small_model("cnn3"), Interval("chr1", 3, 1_000)
    found = values_along(model, SOURCE, interval, [1], logits=True)
    scores = values_along(model, SOURCE, interval, [1])
    np.testing.assert_allclose(1 / (1 + np.exp(-found)), scores, rtol=1e-5)


@pytest.mark.usefixtures("small_strips")
def test_a_bi_lstm_gets_windows_from_base_0_with_a_flank_on_both_sides() -> None:
    model = small_model("bi-lstm")
    rule = ReadRule.of(model)
    assert rule.flank == 5_000
    source = Sequences({"chr1": random_codes(12_003)})
    codes = source.codes("chr1", 0, 12_003)
    # 5,980 to 6,010 lies in two windows of 50 bp, [5950, 6000) and [6000, 6050)
    first = scores_of_codes(model, codes[None, 950:11_000])[0, :, 5_030:5_050]
    second = scores_of_codes(model, codes[None, 1_000:11_050])[0, :, 5_000:5_010]
    found = values_along(model, source, Interval("chr1", 5_980, 6_010), [0, 1, 2])
    np.testing.assert_allclose(found, np.concatenate([first, second], axis=1), rtol=0, atol=3e-7)


def test_strips_hold_every_base_once_and_at_most_their_size() -> None:
    rule = ReadRule(flank=20, stride=10)
    for start, end in INTERVALS:
        for grid in (None, 100):
            found = list(
                strips_along(rule, Interval("c", start, end), length=2_003, size=70, grid=grid)
            )
            bases = [base for strip in found for base in range(strip.start, strip.end)]
            assert bases == list(range(start, end))
            assert max(strip.end - strip.start for strip in found) <= (grid or 70)
            for strip in found if grid else ():
                window = strip.start // 100 * 100
                assert strip.read_start == max(0, window - 20)
                assert strip.read_end == min(2_003, window + 120)


@pytest.mark.usefixtures("small_strips")
def test_a_strip_of_n_is_not_computed() -> None:
    model = Sums()
    found = values_along(model, SOURCE, Interval("chr1", 900, 1_110), [0])
    assert np.isnan(found[0, :200]).all()
    assert not np.isnan(found[0, 200:]).any()
    assert model.seen == [(1, 70)]  # one of three strips


@pytest.mark.usefixtures("small_strips")
def test_the_model_comes_back_as_it_was_and_progress_is_shown() -> None:
    class Recorder:
        done, total = 0.0, 0.0

        @contextmanager
        def task(self, _description: str, total: float, _unit: str) -> Iterator[Recorder]:
            self.total = total
            yield self

        def advance(self, amount: float = 1) -> None:
            self.done += amount

    model, progress = small_model("cnn3").train(), Recorder()
    values_along(model, SOURCE, Interval("chr1", 0, 2_003), [0], progress=progress)
    assert model.training
    assert progress.done == progress.total == 2_003


def test_results_larger_than_memory_are_refused_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(region, "usable_memory", lambda: 10**9)
    model = Sums()
    source = Sequences({"chr1": np.zeros(3, dtype=np.uint8)})
    with pytest.raises(
        OutOfMemoryError, match=r"919 markers along 1,000,000 bp take about 4 GB .* 1 GB"
    ):
        values_along(model, source, Interval("chr1", 0, 1_000_000), range(919))
    assert model.seen == []


def test_a_pass_has_fewer_bases_with_many_markers() -> None:
    cpu = torch.device("cpu")
    assert bases_at_once(cpu, 8) == 250_000
    many = bases_at_once(cpu, 919)
    # 2,400 + 24 x 919 bytes per base, in 2 GiB
    assert many == 2**31 // 24_456
    assert memory_of(many, 919) <= 2**31
