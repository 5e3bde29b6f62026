"""The benchmark in small: DILATED finds the distant marker, and looks at both of its partners.

One genome of half the length where the benchmark has three, one network of half the width, and
fewer epochs at twice the rate: half a minute of one core. The margins are wide; docs/results.md has
the whole benchmark, with the networks that cannot see both partners.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from regtrack.benchmark.plan import CONTESTANTS, Plan
from regtrack.benchmark.run import run_benchmark
from regtrack.benchmark.summary import Summary

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    whole = CONTESTANTS["dilated-max"]
    narrow = replace(whole, settings=whole.settings | {"channels": (64, 32, 16), "hidden": 16})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CONTESTANTS, "dilated-max", narrow)
        made = run_benchmark(
            tmp_path_factory.mktemp("benchmark") / "benchmark",
            models=["dilated-max"],
            seeds=1,
            plan=Plan(length=2_000_000, epochs=8, learning_rate=0.01, regions=6, positives=10),
        )
    return made.summary


def test_it_does_well_on_the_local_marker(summary: Summary) -> None:
    assert summary.base_rate("local") < 0.05
    assert summary.precisions("local")["dilated-max"][0] > 0.35


def test_it_finds_the_distant_marker(summary: Summary) -> None:
    assert summary.base_rate("distant") < 0.25
    assert summary.precisions("distant")["dilated-max"][0] > 0.65


def test_saliency_marks_both_distant_partners(summary: Summary) -> None:
    for partner in ("CTCF", "REST"):
        (found,) = summary.saliency("distant", "far", partner)["dilated-max"]
        (untrained,) = summary.untrained("distant", "far", partner)["dilated-max"]
        (shuffled,) = summary.shuffled("distant", "far", partner)["dilated-max"]
        assert found > 5 * shuffled
        assert found > 5 * untrained
        assert found > 0.2


def test_the_receptive_field_in_use_is_kilobases(summary: Summary) -> None:
    assert summary.widths("distant", 90)["dilated-max"][0] > 2_000
