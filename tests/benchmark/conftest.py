"""A genome of 100 kb by the benchmark's grammar, and an exam on it by a network of few channels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from regtrack.benchmark.measure import Exam
from regtrack.benchmark.plan import SPEC, TEST_CHROM, Plan
from regtrack.checkpoint import Checkpoint
from regtrack.dataset.build import build_dataset
from regtrack.dataset.store import Dataset
from regtrack.models.network import TrackModel
from regtrack.models.registry import build_model
from regtrack.simulation.benchmark_grammar import BENCHMARK_GRAMMAR
from regtrack.simulation.genome import Simulation, simulate
from regtrack.simulation.truth import read_truth


@pytest.fixture(scope="session")
def simulation(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    out = tmp_path_factory.mktemp("benchmark") / "genome"
    return simulate(out, seed=4, length=200_000, grammar=BENCHMARK_GRAMMAR)


@pytest.fixture(scope="session")
def dataset(simulation: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    path: Path = tmp_path_factory.mktemp("benchmark") / "data"
    build_dataset(simulation.reference, simulation.markers, path, spec=SPEC)
    return Dataset.open(path)


@pytest.fixture(scope="session")
def exam_of(simulation: Simulation, dataset: Dataset) -> Callable[..., Exam]:
    """Makes an exam of a model's name and settings, the weights drawn from seed 0."""

    def network(seed: int, model: str, settings: dict[str, object]) -> TrackModel:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return build_model(model, len(dataset.markers), **settings)

    def make(model: str, **settings: object) -> Exam:
        trained = network(0, model, settings)
        checkpoint = Checkpoint(
            trained, dataset.markers, dataset.assembly, dataset.window, {"seed": 0}
        )
        sites = read_truth(simulation.truth, BENCHMARK_GRAMMAR)
        return Exam(
            model=model,
            seed=3,
            checkpoint=checkpoint,
            untrained=network(1, model, settings),
            dataset=dataset,
            grammar=BENCHMARK_GRAMMAR,
            sites=[site for site in sites if site.chrom == TEST_CHROM],
            plan=Plan(regions=3, positives=4),
        )

    return make
