"""The benchmark in small: who can see both partners finds the distant marker, and looks at them.

One genome where the benchmark has three, two networks and two thirds of its epochs: about
a minute of one core. The margins are wide; docs/results.md has the numbers of the whole benchmark.
"""

from __future__ import annotations

import pytest

from regtrack.benchmark.plan import Plan
from regtrack.benchmark.run import run_benchmark
from regtrack.benchmark.summary import Summary

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    made = run_benchmark(
        tmp_path_factory.mktemp("benchmark") / "benchmark",
        models=["cnn7", "dilated-max"],
        seeds=1,
        plan=Plan(epochs=12, regions=6, positives=10),
    )
    return made.summary


def test_all_do_well_on_the_local_marker(summary: Summary) -> None:
    assert summary.base_rate("local") < 0.05
    for model, (precision,) in summary.precisions("local").items():
        assert precision > 0.5, model


def test_only_dilated_finds_the_distant_marker(summary: Summary) -> None:
    found = {model: precision for model, (precision,) in summary.precisions("distant").items()}
    assert found["dilated-max"] > 0.65
    assert found["dilated-max"] > found["cnn7"] + 0.3
    assert found["cnn7"] < 0.35


def test_saliency_of_dilated_marks_both_distant_partners(summary: Summary) -> None:
    for partner in ("CTCF", "REST"):
        (found,) = summary.saliency("distant", "far", partner)["dilated-max"]
        (untrained,) = summary.untrained("distant", "far", partner)["dilated-max"]
        (shuffled,) = summary.shuffled("distant", "far", partner)["dilated-max"]
        assert found > 5 * shuffled
        assert found > 5 * untrained
        assert found > 0.2
        (blind,) = summary.saliency("distant", "far", partner)["cnn7"]
        assert blind < 0.05


def test_the_receptive_field_in_use_is_kilobases(summary: Summary) -> None:
    widths = summary.widths("distant", 90)
    assert widths["dilated-max"][0] > 2_000
    assert widths["cnn7"][0] <= 460
