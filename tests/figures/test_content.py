"""What figures say: notes and curves against plain sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from regtrack.figures.content import NEAR, density, letter_heights, panel_note, width_curve
from regtrack.model_style import style_of
from regtrack.saliency.values import Curve, Saliency


def test_density_holds_the_mass_and_every_near_distance(curve: Callable[..., Curve]) -> None:
    one = curve(field=None)
    distances, shares = density(one)
    assert (np.diff(distances) > 0).all()
    near = np.abs(distances) < NEAR
    np.testing.assert_array_equal(distances[near], np.arange(1 - NEAR, NEAR))
    expected = one.mass[np.abs(one.distance) < NEAR]
    np.testing.assert_allclose(shares[near], expected)
    # the mean of a bin lies between the curve at its ends, and the two sides are alike
    np.testing.assert_allclose(shares, shares[::-1])
    np.testing.assert_allclose(shares, np.exp(-np.abs(distances) / 500) * one.mass.max(), rtol=0.3)


def test_density_is_absent_beyond_the_field(curve: Callable[..., Curve]) -> None:
    distances, shares = density(curve(field=460))
    assert np.isnan(shares[np.abs(distances) > 400]).all()
    assert not np.isnan(shares[np.abs(distances) < 200]).any()


def test_the_comb_of_a_model_that_skips_bases_is_averaged(curve: Callable[..., Curve]) -> None:
    whole = curve(reach=1e9)
    mass = np.where(whole.distance % 30 < 16, whole.mass, 0)
    distances, shares = density(replace(whole, mass=mass))
    inside = np.abs(distances) < 5_000
    np.testing.assert_allclose(shares[inside], 16 / 30 * whole.mass.max(), rtol=0.05)
    assert np.abs(distances[inside]).min() < 1
    assert inside.sum() > 30


def test_a_short_curve_has_a_density() -> None:
    distance = np.arange(-2, 3)
    marker = None
    one = Curve(style_of("cnn1"), marker, distance, np.full(5, 0.2), 1, 5)  # type: ignore[arg-type]
    assert density(one)[0].tolist() == distance.tolist()


def test_the_width_curve_rises_through_the_widths(curve: Callable[..., Curve]) -> None:
    one = curve()
    widths, percents = width_curve(one)
    assert (np.diff(widths) >= 0).all()
    for share, width in one.widths.items():
        assert widths[np.isclose(percents, share)].tolist() == [width]


def test_notes_give_the_range(saliency: Callable[..., Saliency]) -> None:
    one = saliency("CNN7")
    assert panel_note(one, np.array([0, 1234.5], np.float32)) == "sees 460 bp, max 1,234"
    assert panel_note(one, np.array([-0.25, 0.0012], np.float32)) == "sees 460 bp, −0.25 to 0.0012"


def test_the_letter_of_a_mutated_base_is_its_mean_loss(saliency: Callable[..., Saliency]) -> None:
    one = saliency(length=9, method="ism")
    for effects, height in zip(one.values, letter_heights(one), strict=True):
        assert height == pytest.approx(-effects.sum() / 3)
