"""What a finished search leaves, and how it is joined, resumed and pruned."""

from __future__ import annotations

import csv
import json
from itertools import product
from pathlib import Path
from typing import Any

import optuna
import pytest
from small_search import CPU, GRID, small_space

from regtrack.checkpoint_header import read_header
from regtrack.dataset.store import Dataset
from regtrack.errors import MissingPackageError, OutputError, SearchError
from regtrack.evaluation.report import evaluate
from regtrack.search.folder import SearchFolder
from regtrack.search.request import SearchPlan
from regtrack.search.results import SearchResult
from regtrack.search.run import run_search
from regtrack.search.worker import Worker
from regtrack.training.history import Epoch
from regtrack.training.run import RunFolder

ONE = SearchPlan(trials=1, pruner="none")


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "trials.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_grid_has_every_combination_once(finished: SearchResult) -> None:
    wanted = set(product(*GRID.values()))
    found = [tuple(trial.values[name] for name in GRID) for trial in finished.trials]
    assert len(found) == len(wanted) and set(found) == wanted
    assert finished.counts() == {"complete": 4, "pruned": 0, "failed": 0, "running": 0}


def test_the_best_checkpoint_is_that_of_the_highest_score(
    finished: SearchResult, dataset: Dataset
) -> None:
    best = finished.best
    assert best is not None and finished.checkpoint is not None
    assert best.score == max(trial.score for trial in finished.trials)
    report = evaluate(dataset, [finished.folder], split="valid")  # the folder is a checkpoint
    mean = sum(row.average_precision for row in report.categories) / len(report.categories)
    assert mean == pytest.approx(best.score, abs=1e-5)
    config = read_header(finished.checkpoint).training["config"]
    assert {name: config[name] for name in GRID} == best.values


def test_only_the_checkpoints_of_the_best_trials_are_kept(finished: SearchResult) -> None:
    kept = {path.parent.name for path in finished.folder.glob("trials/*/checkpoint.safetensors")}
    assert kept == {f"{trial.number:04d}" for trial in finished.trials[:2]}
    assert len(list(finished.folder.glob("trials/*/metrics.csv"))) == 4
    assert not list(finished.folder.glob("trials/*/last.ckpt"))


def test_the_table_and_the_report_say_the_same(finished: SearchResult) -> None:
    rows = rows_of(finished.folder)
    report = json.loads((finished.folder / "report.json").read_text())
    assert [int(row["trial"]) for row in rows] == [trial["trial"] for trial in report["trials"]]
    scores = [float(row["average_precision"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert report["best"] == report["trials"][0]
    assert report["checkpoint"] == str(finished.checkpoint)
    assert sum(report["importances"].values()) == pytest.approx(1)
    assert all(int(row["parameters"]) > 0 and row["state"] == "complete" for row in rows)


def test_figures_are_drawn(finished: SearchResult) -> None:
    names = [file.name for file in finished.files]
    expected = ["trials.csv", "importance.png", "parallel.png", "parallel.html", "report.json"]
    assert names == expected
    for name in expected[1:3]:
        assert (finished.folder / name).read_bytes().startswith(b"\x89PNG")
    assert "parcoords" in (finished.folder / "parallel.html").read_text()


def test_the_same_search_again_trains_nothing(
    finished: SearchResult, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regtrack.search.worker.train", lambda *_, **__: pytest.fail("trained"))
    plan = SearchPlan(sampler="grid", pruner="none", keep=2)
    again = run_search(dataset, finished.folder, space=small_space(GRID), plan=plan, hardware=CPU)
    assert again.trials == finished.trials


def test_a_search_for_something_else_is_refused(finished: SearchResult, dataset: Dataset) -> None:
    other = small_space({**GRID, "learning_rate": [0.002, 0.01]})
    with pytest.raises(SearchError, match=r"searched\.learning_rate \[0\.002, 0\.02\] there and"):
        run_search(dataset, finished.folder, space=other, plan=ONE, hardware=CPU)
    longer = small_space(GRID, epochs=2)
    with pytest.raises(SearchError, match=r"config\.epochs 1 there and 2 now"):
        run_search(dataset, finished.folder, space=longer, plan=ONE, hardware=CPU)


def test_a_folder_of_something_else_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(OutputError, match=r"holds other files, and no search\.json"):
        run_search(dataset, tmp_path, space=small_space(GRID), hardware=CPU)
    with pytest.raises(OutputError, match="is a file"):
        run_search(dataset, tmp_path / "notes.txt", space=small_space(GRID), hardware=CPU)


def test_a_trial_that_is_pruned_ends_early_and_leaves_no_checkpoint(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = optuna.pruners.ThresholdPruner(lower=2.0)
    monkeypatch.setattr("regtrack.search.worker.make_pruner", lambda *_: everything)
    plan = SearchPlan(trials=1, sampler="random")
    found = run_search(dataset, tmp_path / "s", space=small_space(GRID, epochs=3), plan=plan)
    (trial,) = found.trials
    assert (trial.state, trial.epochs) == ("pruned", 1)
    assert 0 < trial.score < 1
    assert found.best is found.checkpoint is None
    assert not list((tmp_path / "s").rglob("checkpoint.safetensors"))


def pretend(dataset: Dataset, out: Path, **given: Any) -> None:
    """Training whose score rises with the learning rate, and with every epoch."""
    history: list[Epoch] = []
    while len(history) < given["config"].epochs and not (history and given["watch"](history)):
        score = given["config"].learning_rate * (1 + len(history) / 10)
        number = len(history) + 1
        history.append(
            Epoch(
                epoch=number, learning_rate=0.1, train_loss=1.0, valid_loss=1.0,
                categories={"TF": score}, seconds=1.0,
            )
        )  # fmt: skip
    given["watch"](history)
    run = RunFolder(out)
    result = {"epochs": len(history), "best_epoch": len(history), "average_precision": score}
    run.finish({}, result)
    run.checkpoint.touch()


@pytest.mark.parametrize(("pruner", "ended"), [("median", {5: 2, 6: 2}), ("hyperband", {6: 1})])
def test_pruners_compare_trials_at_the_same_epoch(
    pruner: str,
    ended: dict[int, int],
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Five good trials, two that are worse from their first epoch, and the best one."""
    rates = iter([0.3, 0.31, 0.32, 0.33, 0.34, 0.2, 0.1, 0.5])

    class InOrder(optuna.samplers.RandomSampler):
        def sample_independent(self, *_: Any) -> Any:
            return next(rates)

    monkeypatch.setattr("regtrack.search.worker.make_sampler", lambda *_: InOrder())
    monkeypatch.setattr("regtrack.search.worker.train", pretend)
    space = small_space({"learning_rate": {"low": 0.05, "high": 0.9}}, epochs=9)
    plan = SearchPlan(pruner=pruner, trials=8, sampler="random")
    found = run_search(dataset, tmp_path / "s", space=space, plan=plan, hardware=CPU)
    epochs = {trial.number: trial.epochs for trial in found.trials}
    assert {number: epochs[number] for number in ended} == ended
    assert {trial.number for trial in found.trials if trial.state == "pruned"} >= set(ended)
    best = found.best
    assert best is not None and (best.number, best.epochs) == (7, 9)
    for trial in found.trials:
        assert (trial.epochs == 9) == (trial.state == "complete")


def test_a_process_killed_before_it_told_is_not_trained_again(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "_tell", stop)
        with pytest.raises(KeyboardInterrupt):
            run_search(dataset, tmp_path / "s", space=small_space(GRID), plan=ONE, hardware=CPU)
    assert RunFolder(tmp_path / "s/trials/0000").finished
    with monkeypatch.context() as patch:
        patch.setattr("regtrack.search.worker.train", lambda *_, **__: pytest.fail("trained"))
        found = run_search(dataset, tmp_path / "s", space=small_space(GRID), plan=ONE, hardware=CPU)
    assert [(trial.number, trial.state) for trial in found.trials] == [(0, "complete")]
    assert found.checkpoint is not None


def test_more_trials_continue_a_finished_search(dataset: Dataset, tmp_path: Path) -> None:
    out, space = tmp_path / "s", small_space({"learning_rate": {"low": 0.001, "high": 0.05}})
    for trials in (1, 2):
        found = run_search(dataset, out, space=space, plan=SearchPlan(trials=trials), hardware=CPU)
        assert len(found.trials) == trials
    first = next(trial for trial in found.trials if trial.number == 0)
    assert first.values == {"learning_rate": 0.001}  # the default, which the space holds


def test_trials_that_fail_are_told_apart_and_all_of_them_end_the_search(
    dataset: Dataset, tmp_path: Path
) -> None:
    """Weights become infinite in the first steps."""
    space = small_space({"learning_rate": [1e13, 1e14, 1e15, 1e16, 1e17, 1e18]})
    plan = SearchPlan(sampler="grid", pruner="none")
    with pytest.raises(SearchError, match="the first 5 trials all failed, the last one with: "):
        run_search(dataset, tmp_path / "s", space=space, plan=plan, hardware=CPU)
    states = [row["state"] for row in rows_of(tmp_path / "s")]
    assert states == ["failed"] * 5


def test_a_study_may_be_in_a_database(dataset: Dataset, tmp_path: Path) -> None:
    """Two folders, as on two machines that share nothing else, and one study."""
    url = f"sqlite:///{tmp_path}/studies.db"
    found = [
        run_search(
            dataset, tmp_path / name, space=small_space(GRID), hardware=CPU, storage=url,
            study="small", plan=SearchPlan(trials=trials, sampler="random", pruner="none"),
        )
        for name, trials in (("a", 1), ("b", 2))
    ]  # fmt: skip
    assert len(found[1].trials) == 2
    assert not SearchFolder(tmp_path / "a").journal.exists()
    best = found[1].best
    assert best is not None
    has = {name: (tmp_path / name / "checkpoint.safetensors").exists() for name in "ab"}
    assert has == {"a": True, "b": best.number == 1}  # b has only what it trained itself
    other = small_space(GRID, epochs=2)
    with pytest.raises(SearchError, match="the study small searches something else: config"):
        run_search(dataset, tmp_path / "c", space=other, hardware=CPU, storage=url, study="small")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("study.db", "study.db is not the address of a database; expected one as sqlite:///"),
        ("nosql://me:secret@host/x", r"nosql://me:\*\*\*@host/x is not the address of a database"),
        ("sqlite:////nowhere/study.db", "cannot be used: unable to open database file"),
        ("mysql+pymysql://me:secret@host/x", r"me:\*\*\*@host/x needs a driver that is not inst"),
    ],
)
def test_a_bad_database_is_one_line_without_its_password(
    url: str, message: str, dataset: Dataset, tmp_path: Path
) -> None:
    with pytest.raises((SearchError, MissingPackageError), match=message) as error:
        run_search(dataset, tmp_path / "s", space=small_space(GRID), hardware=CPU, storage=url)
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)


def test_a_damaged_journal_is_one_line(
    finished: SearchResult, dataset: Dataset, tmp_path: Path
) -> None:
    out = tmp_path / "s"
    out.mkdir()
    for name in ("search.json", "journal.log"):
        (out / name).write_bytes((finished.folder / name).read_bytes())
    lines = (out / "journal.log").read_text().splitlines()
    (out / "journal.log").write_text("\n".join([*lines[:3], lines[3][:20], *lines[4:]]) + "\n")
    with pytest.raises(SearchError, match=r"journal\.log is damaged: a line is not JSON"):
        run_search(dataset, out, space=small_space(GRID), plan=ONE, hardware=CPU)
