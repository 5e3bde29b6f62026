"""The grammar benchmark: train every model on genomes with known answers, and measure it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from regtrack.atomic import hold, publish_file
from regtrack.benchmark.answers import PARTS, Answers, load_answers, save_answers
from regtrack.benchmark.measure import Exam, examine
from regtrack.benchmark.names import check_choice
from regtrack.benchmark.plan import FIRST_SEED, SPEC, TEST_CHROM, Contestant, Plan, find_contestants
from regtrack.benchmark.questions import controls_rows, results_rows
from regtrack.benchmark.summary import Summary
from regtrack.checkpoint import load_checkpoint
from regtrack.dataset.build import build_dataset
from regtrack.dataset.store import Dataset
from regtrack.errors import OutputError, RecordError
from regtrack.figures.benchmark import benchmark_figure
from regtrack.figures.style import save_figure
from regtrack.files.records import read_record
from regtrack.models.network import TrackModel
from regtrack.models.registry import build_model
from regtrack.progress import SILENT, Progress
from regtrack.simulation.benchmark_grammar import BENCHMARK_GRAMMAR
from regtrack.simulation.genome import simulate
from regtrack.simulation.truth import read_truth
from regtrack.training.config import Hardware
from regtrack.training.fit import train
from regtrack.training.run import RunFolder

FORMAT = "regtrack grammar benchmark"
VERSION = 1

_FIGURES = {"results": results_rows, "controls": controls_rows}
_KINDS = ("png", "pdf")
_FILES = (
    "results.json",
    *(f"{part}.csv" for part in PARTS),
    *(f"{figure}.{kind}" for figure in _FIGURES for kind in _KINDS),
)


@dataclass(frozen=True)
class Benchmark:
    """A finished benchmark.

    Attributes:
        folder: of all files.
        contestants: the models, in order.
        seeds: of genomes and weights.
        answers: of all models and seeds.
        files: tables and figures over all models and seeds.
    """

    folder: Path
    contestants: tuple[Contestant, ...]
    seeds: tuple[int, ...]
    answers: Answers
    files: tuple[str, ...]

    @property
    def summary(self) -> Summary:
        """The answers, summarised."""
        return Summary(self.answers)

    @property
    def titles(self) -> dict[str, str]:
        """Titles of the models, by name."""
        return {contestant.name: contestant.style.title for contestant in self.contestants}

    def to_dict(self) -> dict[str, Any]:
        """The benchmark as JSON-serialisable values."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "folder": str(self.folder),
            "models": self.titles,
            "seeds": list(self.seeds),
            "answers": self.answers.to_dict(),
        }


def run_benchmark(
    out: str | Path,
    *,
    models: Sequence[str] = (),
    seeds: int = 3,
    plan: Plan | None = None,
    progress: Progress = SILENT,
) -> Benchmark:
    """Simulate, train and measure, one model after another, in a folder that keeps the results.

    Calling it again, possibly with more models or seeds, computes only what is missing.

    Args:
        out: the folder.
        models: names in `CONTESTANTS`; default: all.
        seeds: number of genomes, from seed 11.
        plan: how long to train and how much to measure.
        progress: shows every step.

    Raises:
        OutputError: `out` holds something else, or a benchmark with another plan; or another
            process writes there.
        TrainingError: no such model, or fewer than one seed.
    """
    out, plan = Path(out), plan or Plan()
    check_choice(models, seeds)
    contestants = find_contestants(models)
    chosen = tuple(range(FIRST_SEED, FIRST_SEED + seeds))
    with hold(out):
        _start(out, plan)
        answers = Answers.joined(
            [
                _answers(out / f"seed-{seed}", contestant, seed, plan, progress)
                for seed in chosen
                for contestant in contestants
            ]
        )
        return _publish(Benchmark(out, contestants, chosen, answers, _FILES))


def _publish(made: Benchmark) -> Benchmark:
    """Write tables and figures of all requested models and seeds, replacing existing ones."""
    with publish_file(made.folder / "results.json", overwrite=True) as path:
        path.write_text(json.dumps(made.to_dict(), indent=1) + "\n", encoding="utf-8")
    made.answers.write_tables(made.folder)
    styles = {contestant.name: contestant.style for contestant in made.contestants}
    for name, rows in _FIGURES.items():
        figure = benchmark_figure(rows(made.summary), styles, control="untrained network")
        for kind in _KINDS:
            save_figure(figure, made.folder / f"{name}.{kind}", overwrite=True)
    return made


def _answers(
    folder: Path, contestant: Contestant, seed: int, plan: Plan, progress: Progress
) -> Answers:
    """The answers of one model and seed, loaded if they exist."""
    run = RunFolder(folder / contestant.name)
    kept = run.path / "answers.json"
    if kept.exists():
        return load_answers(kept)
    dataset = _dataset(folder, seed, plan, progress)
    if not run.finished:
        train(
            dataset,
            run.path,
            model=contestant.model,
            settings=contestant.settings,
            config=plan.config(seed),
            hardware=Hardware(devices=1),
            progress=progress,
        )
    sites = read_truth(folder / "genome" / "truth.bed", BENCHMARK_GRAMMAR)
    checkpoint = load_checkpoint(run.checkpoint)
    exam = Exam(
        model=contestant.name,
        seed=seed,
        checkpoint=checkpoint,
        untrained=_fresh(checkpoint.model, seed),
        dataset=dataset,
        grammar=BENCHMARK_GRAMMAR,
        sites=[site for site in sites if site.chrom == TEST_CHROM],
        plan=plan,
    )
    with progress.task(f"Examining {contestant.style.title}", 1, "models") as task:
        answers = examine(exam)
        task.advance()
    save_answers(kept, answers)
    return answers


def _fresh(model: TrackModel, seed: int) -> TrackModel:
    """The same network with initial weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_model(model.name, model.marker_count, **model.config)


def _dataset(folder: Path, seed: int, plan: Plan, progress: Progress) -> Dataset:
    """The genome and dataset of a seed; existing ones are complete and reused."""
    genome, data = folder / "genome", folder / "data"
    if not genome.exists():
        simulate(
            genome, seed=seed, length=plan.length, grammar=BENCHMARK_GRAMMAR, progress=progress
        )
    if not data.exists():
        build_dataset(
            genome / "reference.fa", genome / "markers.tsv", data, spec=SPEC, progress=progress
        )
    return Dataset.open(data)


def _start(out: Path, plan: Plan) -> None:
    """Create the folder, or check that it holds a benchmark with the same plan."""
    record = out / "benchmark.json"
    wanted = {"format": FORMAT, "version": VERSION, "plan": plan.to_dict()}
    if record.exists():
        try:
            same = read_record(record) == wanted
        except RecordError:
            same = False
        if not same:
            raise OutputError(
                f"{record} is of a benchmark with another plan; name another folder, or remove it"
            )
        return
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} exists and is not a benchmark; name another folder")
    with publish_file(record) as path:
        path.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
