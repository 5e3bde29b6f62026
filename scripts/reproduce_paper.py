"""The paper's experiments on ten real megabases: both datasets, the search, both tables, Figure 2.

The sequence and peaks of hg38-chr1-10mb become Dataset 1 (windows of 1,000 bp) and Dataset 2 (of
25 kb). A search varies DILATED. Every row of the paper's two tables is trained with three seeds,
once with the paper's settings and once with our recipe, and scored on the valid and test splits.
What is finished is not computed again: the same command continues.

    python scripts/reproduce_paper.py --jobs 2      # into runs/paper: some hours of two cores
    python scripts/reproduce_paper.py --quick       # the same steps in minutes; teaches no network
    python scripts/reproduce_paper.py --plan        # what would be done, and how long it takes
    python scripts/reproduce_paper.py --rows cnn7 dilated hybrid   # some rows; others may follow
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from jobs import PRECISION, Job, Meter, is_trained, one_thread, run_jobs, run_regtrack, span, train
from measure_steps import Speed, key, measure_steps
from paper import FIGURE, FULL, QUICK, SEARCHED, TABLES, PaperTable, Row, Size
from paper_page import write_page
from real_loci import PAPER, REAL, ROOT

from regtrack.checkpoint import load_checkpoint
from regtrack.dataset.store import Dataset
from regtrack.models.registry import default_settings

TASKS = ("short", "dense")
ROWS = tuple(name for table in TABLES[::2] for name in table.rows)


@dataclass(frozen=True)
class Place:
    """The folder of a run.

    Attributes:
        out: the folder.
        size: how much is trained.
        rows: those to be trained.
    """

    out: Path
    size: Size
    rows: tuple[str, ...]

    def data(self, task: str) -> Path:
        """The dataset of a task."""
        return self.out / f"data-{task}"

    def run(self, table: PaperTable, row: str, seed: int) -> Path:
        """The run of a row."""
        return self.out / "runs" / table.name / f"{row}-{seed}"

    def log(self, name: str) -> Path:
        """What a command prints."""
        return self.out / "logs" / f"{name}.log"

    @property
    def search(self) -> Path:
        """The search."""
        return self.out / "search"

    @property
    def datasets(self) -> dict[str, Dataset]:
        """The datasets, opened, by task: anew each time, as a place is sent to processes."""
        return {task: Dataset.open(self.data(task)) for task in TASKS}

    def searched(self) -> Row | None:
        """What the search chose; None if that is the row of DILATED, which is trained anyway."""
        found = load_checkpoint(self.search).header
        rate = {"learning_rate": dict(found.training["config"])["learning_rate"]}
        settings = dict(found.config)
        if settings == default_settings("dilated") and rate.items() <= PAPER.items():
            return None
        return Row("dilated", settings, rate)


def begin(out: Path, size: Size, rows: Sequence[str]) -> Place:
    """Make the folder; one of another size is refused."""
    record = out / "size.json"
    wanted = json.loads(json.dumps({key: v for key, v in asdict(size).items() if key != "seeds"}))
    if record.exists() and (found := json.loads(record.read_text())) != wanted:
        sys.exit(f"{out} was begun with {found}, and this is {wanted}; choose another --out")
    for folder in ("logs", "tables", "runs"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(wanted) + "\n")
    return Place(out, size, tuple(rows))


def inputs_of(place: Place, real: Path) -> tuple[Path, Path]:
    """The markers table and the excluded bases, smaller if the run is."""
    size, markers, exclude = place.size, real / "markers.tsv", real / "exclude.bed"
    if size.per_category:
        with markers.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        chosen = []
        for category in dict.fromkeys(row["category"] for row in rows):
            of_it = [row for row in rows if row["category"] == category]
            chosen += of_it[:: -(-len(of_it) // size.per_category)]
        markers = place.out / "markers.tsv"
        with markers.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(chosen)
    if size.used:
        rest = f"chr1\t{size.used}\t10000000\tnot_used\n"
        text = exclude.read_text(encoding="utf-8") + rest
        exclude = place.out / "exclude.bed"
        exclude.write_text(text, encoding="utf-8")
    return markers, exclude


def build(place: Place, real: Path) -> None:
    """Both datasets, on the same stretches of 500 kb, if they are not there."""
    markers, exclude = inputs_of(place, real)
    for task in TASKS:
        if not (place.data(task) / "dataset.json").exists():
            run_regtrack(
                "build-dataset", "--task", task, "--reference", real / "chr1_hg38_10M.fa.gz",
                "--markers", markers, "--peaks-folder", real, "--exclude", exclude,
                "--split", "block", "--block", 500_000, "--out", place.data(task),
                log=place.log("build"),
            )  # fmt: skip


def one_dilated(place: Place, speeds: dict[str, Speed]) -> float:
    """Seconds to train DILATED as the paper does; a searched network may take longer."""
    speed, size = speeds[key(TABLES[2], "dilated")], place.size
    return speed.training(place.datasets["dense"], size.epochs, size.windows[0])


def search_jobs(place: Place, speeds: dict[str, Speed], at_once: int) -> list[Job]:
    """Processes that share a search of DILATED on long windows."""
    if (place.search / "report.json").exists():
        return []
    data, size = place.datasets["dense"], place.size
    processes = min(at_once, size.trials)
    seconds = one_dilated(place, speeds) * size.trials
    words = (
        "search", place.data("dense"), "--model", "dilated", "--recipe", "paper",
        "--precision", PRECISION, "--trials", size.trials, "--epochs", size.epochs,
        "--epoch-windows", size.windows[0] or data.split_sizes["train"], "--out", place.search,
    )  # fmt: skip
    return [
        Job(f"search, process {one}", search, (words, place.log(f"search-{one}")),
            seconds / processes)
        for one in range(1, processes + 1)
    ]  # fmt: skip


def search(words: tuple[object, ...], log: Path) -> str:
    """One process of the search."""
    result = json.loads(run_regtrack(*words, "--json", log=log))
    best = result["best"] or {}
    return f"{result['counts']}, the best PR AUC {best.get('average_precision')}"


def training_jobs(place: Place, speeds: dict[str, Speed]) -> Iterator[Job]:
    """The trainings that are not finished, the longest first in each seed."""
    for seed in range(place.size.seeds):
        jobs = [
            Job(f"{table.name}, {name}, seed {seed}", train_row, (place, table, name, row, seed),
                speeds[key(table, name)].training(
                    place.datasets[table.task], place.size.epochs,
                    place.size.windows[table.task == "short"]))
            for table in TABLES
            for name, row in table.rows.items()
            if name in place.rows and not is_trained(place.run(table, name, seed))
        ]  # fmt: skip
        yield from sorted(jobs, key=lambda job: -job.seconds)


def train_row(place: Place, table: PaperTable, name: str, row: Row, seed: int) -> str:
    """Train a row with a seed."""
    settings, config = table.training(row, place.size, seed)
    out = place.run(table, name, seed)
    out.parent.mkdir(parents=True, exist_ok=True)
    return train(place.data(table.task), out, row.model, settings, config)


def searched_jobs(place: Place, seconds: float) -> list[Job]:
    """The trainings of what the search chose, with the paper's settings otherwise."""
    row = place.searched()
    if row is None:
        print("the search chose the settings that DILATED has anyway")
        return []
    return [
        Job(f"{SEARCHED}, seed {seed}", train_row, (place, TABLES[2], SEARCHED, row, seed), seconds)
        for seed in range(place.size.seeds)
        if not is_trained(place.run(TABLES[2], SEARCHED, seed))
    ]


def checkpoints_of(place: Place, table: PaperTable) -> list[Path]:
    """The runs of a table, row by row."""
    names = [*table.rows, *[SEARCHED] * (table is TABLES[2])]
    runs = [place.run(table, name, seed) for name in names for seed in range(place.size.seeds)]
    return [run for run in runs if is_trained(run)]


def table_jobs(place: Place, speeds: dict[str, Speed]) -> Iterator[Job]:
    """The tables that are not there, or are of fewer runs."""
    for table in TABLES:
        data = place.datasets[table.task]
        rows = [name for name in table.rows if name in place.rows]
        seconds = sum(speeds[key(table, name)].scoring(data) for name in rows) * place.size.seeds
        if rows:
            yield Job(table.name, make_table, (place, table), seconds)


def make_table(place: Place, table: PaperTable) -> str:
    """Score the runs of a table, unless it is of these runs."""
    runs, out = checkpoints_of(place, table), place.out / "tables" / table.name
    record = out / "table.json"
    wanted = {str(run / "checkpoint.safetensors") for run in runs}
    if record.exists():
        rows = json.loads(record.read_text())["rows"]
        if {path for row in rows for path in row["checkpoints"]} == wanted:
            return "as it was"
    told = place.size.text(len(place.datasets[table.task].markers), table.task)
    run_regtrack(
        "evaluate", place.data(table.task), *runs, "--table", "--title",
        f"Table {table.number}, {table.way} ({told})", "--out", out, "--overwrite",
        log=place.log(table.name),
    )  # fmt: skip
    return str(out)


def draw_figure(place: Place) -> str:
    """Figure 2: a labelled window of the valid split, and a marker, both drawn at random."""
    data = place.datasets["dense"]
    labelled = np.nonzero(data.positives("valid") >= 1_000)[0]  # bases: a few peaks
    marker = data.markers[int(np.random.default_rng(0).choice(labelled))].name
    for table in TABLES[2:]:
        out = place.out / f"figure2-{table.name.removeprefix('table2-')}"
        files = [word for kind in ("png", "pdf") for word in ("--out", f"{out}.{kind}")]
        panels = [place.run(table, name, 0) for name in FIGURE if name in place.rows]
        if panels and not Path(f"{out}.pdf").exists():
            run_regtrack(
                "saliency", *panels, "--dataset",
                place.data("dense"), "--marker", marker, *files, "--data", "--overwrite",
                log=place.log("figure2"),
            )  # fmt: skip
    return f"a window of {marker}"


def compute(place: Place, at_once: int, *, only_plan: bool) -> None:
    """Print the plan, then do what is missing of it."""
    speeds = measure_steps(place.out / "speeds.json", place.datasets, place.size)
    size, dense = place.size, place.datasets["dense"]
    searching = search_jobs(place, speeds, at_once)
    training = list(training_jobs(place, speeds))
    again = one_dilated(place, speeds) * size.seeds
    tables = list(table_jobs(place, speeds))
    steps = {
        "search": sum(job.seconds for job in searching),
        f"{len(training)} trainings": sum(job.seconds for job in training),
        f"{size.seeds} of what the search chose": again,
        f"{len(tables)} tables": sum(job.seconds for job in tables),
    }
    print(f"{place.out}: {size.text(len(dense.markers))}; windows in train, valid and test: "
          f"{sizes(place, 'dense')} of 25 kb, {sizes(place, 'short')} of 1,000 bp")  # fmt: skip
    for name, seconds in steps.items():
        print(f"  {name}: {span(seconds)} of a core")
    total = sum(steps.values())
    print(f"  together about {span(total / at_once)} with --jobs {at_once} on idle cores, "
          "by seconds per step measured here", flush=True)  # fmt: skip
    if only_plan:
        return
    meter = Meter(total)
    left = run_jobs([*searching, *training], at_once, meter=meter)
    if not left:
        left += run_jobs(searched_jobs(place, again / size.seeds), at_once, meter=meter)
    figure = Job("Figure 2", draw_figure, (place,), 0.0)
    left += run_jobs([*tables, figure], at_once, meter=meter)
    write_page(place.out, size.text(len(dense.markers)), quick=size.windows != (0, 0))
    if left:
        sys.exit(f"not done: {', '.join(left)}; see {place.out / 'logs'}, and run it again")
    print(f"{place.out / 'README.md'}: all tables, with links to their pages")


def sizes(place: Place, task: str) -> str:
    """The windows of the splits."""
    return ", ".join(f"{count:,}" for count in place.datasets[task].split_sizes.values())


def main() -> None:
    """Do all of it, or print the plan."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--out", type=Path, help="default: runs/paper, with --quick runs/paper-quick"
    )
    parser.add_argument("--real", type=Path, default=REAL, help="holds hg38-chr1-10mb")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time, a core each")
    parser.add_argument("--quick", action="store_true", help="little of everything, in minutes")
    parser.add_argument("--seeds", type=int, help="of each row; more of them add to finished ones")
    parser.add_argument("--epochs", type=int, help="of each training")
    parser.add_argument("--rows", nargs="*", default=ROWS, help=f"of {', '.join(ROWS)}")
    parser.add_argument("--plan", action="store_true", help="say what would be done, and stop")
    args = parser.parse_args()
    real = args.real / "hg38-chr1-10mb"
    if not (real / "markers.tsv").is_file():
        parser.error(f"no {real}; REGTRACK_REAL_DATA or --real names its parent folder")
    if args.jobs < 1:
        parser.error(f"--jobs is {args.jobs}; expected at least 1")
    if unknown := [row for row in args.rows if row not in ROWS]:
        parser.error(f"no row is called {', '.join(unknown)}; expected {', '.join(ROWS)}")
    given = {"seeds": args.seeds, "epochs": args.epochs}
    size = replace(
        QUICK if args.quick else FULL, **{key: v for key, v in given.items() if v is not None}
    )
    one_thread()
    out = args.out or ROOT / "runs" / ("paper-quick" if args.quick else "paper")
    place = begin(out, size, args.rows)
    build(place, real)
    compute(place, args.jobs, only_plan=args.plan)


if __name__ == "__main__":
    main()
