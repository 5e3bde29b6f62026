"""A benchmark resumes, and refuses invalid requests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from regtrack.benchmark import run as module
from regtrack.benchmark.names import MODELS as NAMES
from regtrack.benchmark.plan import CONTESTANTS, FIRST_SEED, Plan, find_contestants
from regtrack.benchmark.run import Benchmark, run_benchmark
from regtrack.cli import main
from regtrack.errors import OutputError, TrainingError
from regtrack.models.registry import DENSE, default_settings

PLAN = Plan(length=100_000, epochs=1, regions=2, positives=3)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures take longer than all that these tests look at."""
    monkeypatch.setattr(module, "save_figure", lambda *_, **__: None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    out = tmp_path_factory.mktemp("benchmark") / "grammar"
    return run_benchmark(out, models=["cnn3"], seeds=1, plan=PLAN)


def test_every_file_is_there(made: Benchmark) -> None:
    for name in made.files:
        assert (made.folder / name).stat().st_size > 0, name
    results = json.loads((made.folder / "results.json").read_text())
    assert results["models"] == {"cnn3": "CNN3"}
    assert results["seeds"] == [FIRST_SEED]
    assert len(results["answers"]["scores"]) == 4
    assert not list(made.folder.rglob("*.partial"))


@pytest.mark.usefixtures("undrawn")
def test_finished_work_is_not_repeated(made: Benchmark, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("done again")

    for work in ("simulate", "build_dataset", "train", "examine"):
        monkeypatch.setattr(module, work, never)
    again = run_benchmark(made.folder, models=["cnn3"], seeds=1, plan=PLAN)
    assert again.answers == made.answers


@pytest.mark.usefixtures("undrawn")
def test_a_trained_model_without_answers_is_only_examined(
    made: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    (made.folder / f"seed-{FIRST_SEED}" / "cnn3" / "answers.json").unlink()
    monkeypatch.setattr(module, "train", None)
    again = run_benchmark(made.folder, models=["cnn3"], seeds=1, plan=PLAN)
    assert again.answers == made.answers


@pytest.mark.usefixtures("undrawn")
def test_another_model_is_added_to_the_existing_ones(made: Benchmark) -> None:
    more = run_benchmark(made.folder, models=["cnn7", "cnn3"], seeds=1, plan=PLAN)
    assert list(more.titles) == ["cnn3", "cnn7"]
    assert more.answers.scores[:4] == made.answers.scores


def test_another_plan_or_a_folder_of_something_else_is_refused(
    made: Benchmark, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match="another plan"):
        run_benchmark(made.folder, models=["cnn3"], seeds=1, plan=Plan())
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(OutputError, match="is not a benchmark"):
        run_benchmark(tmp_path)


def test_unknown_models_and_zero_seeds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r'no model "dilatd"; .* Did you mean "dilated"'):
        run_benchmark(tmp_path / "out", models=["dilatd"])
    with pytest.raises(TrainingError, match="`seeds` is 0; expected at least 1"):
        run_benchmark(tmp_path / "out", seeds=0)
    with pytest.raises(TrainingError, match="`epochs` is 0; expected at least 1"):
        Plan(epochs=0)
    assert not (tmp_path / "out").exists()


def test_every_network_takes_part_and_has_the_settings_it_is_given() -> None:
    assert tuple(CONTESTANTS) == NAMES
    assert {contestant.model for contestant in find_contestants(())} == set(DENSE)
    for contestant in CONTESTANTS.values():
        assert set(contestant.settings) <= set(default_settings(contestant.model))
    assert len({contestant.style.title for contestant in CONTESTANTS.values()}) == len(CONTESTANTS)


def test_the_seeds_are_not_those_used_for_tuning() -> None:
    assert FIRST_SEED > 10


@pytest.mark.usefixtures("undrawn")
def test_the_command_prints_every_table_and_json(
    made: Benchmark, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(module, "Plan", lambda: PLAN)
    arguments = ["regtrack", "--quiet", "benchmark", "grammar", "--out", str(made.folder)]
    arguments += ["--models", "cnn3", "--seeds", "1"]

    def run(*more: str) -> str:
        monkeypatch.setattr("sys.argv", [*arguments, *more])
        with pytest.raises(SystemExit) as stop:
            main()
        assert not stop.value.code
        return capsys.readouterr().out

    shown = run()
    for words in ("PR AUC", "base rate", "theoretical", "untrained", "shuffled", "results.png"):
        assert words in shown
    found = json.loads(run("--json"))
    assert found == json.loads(json.dumps(made.to_dict()))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gramar"], 'Did you mean "grammar"'),
        (["grammar", "--models", "cnn7,dilatd"], 'Did you mean "dilated"'),
        (["grammar", "--seeds", "0"], "--seeds is 0; expected at least 1"),
        (["grammar", "--seeds", "1001"], "--seeds is 1,001; expected at most 1,000"),
    ],
)
def test_a_mistake_is_reported_in_one_line_without_heavy_imports(
    words: list[str], message: str, tmp_path: Path
) -> None:
    check = "import sys; from regtrack.cli import main\ntry: main()\n"
    check += "except SystemExit as end: sys.exit(9 if 'torch' in sys.modules else end.code)"
    command = [sys.executable, "-c", check, "benchmark", *words, "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr
    assert not (tmp_path / "out").exists()
