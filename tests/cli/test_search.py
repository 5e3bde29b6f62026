"""`regtrack search`: what it prints, what it refuses, and its leaderboard."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from small_training import make_dataset

from regtrack.checkpoint_header import read_header
from regtrack.cli import main
from regtrack.cli.leaderboard import board_table, leaderboard
from regtrack.search.space_file import read_space
from regtrack.search.trials import Trial
from regtrack.training.defaults import recipe

SPACE = """\
[network]
channels = [6, 8, 4]
hidden = 8
dropout = [0.0, 0.1]
[training]
batch_size = 8
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("data")).path


@pytest.fixture(autouse=True)
def here(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("regtrack.training.run.draw_history", lambda _, __, path: path.touch())
    Path("data").symlink_to(data)
    Path("space.toml").write_text(SPACE)
    return tmp_path


def run(words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["regtrack", *words.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_search_prints_its_leaderboard_or_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "search data --model cnn3 --space space.toml --out s --epochs 1 --trials 2"
    assert run(f"{words} --sampler grid --accelerator cpu", monkeypatch) == 0
    printed = capsys.readouterr()
    assert "2 complete" in printed.out
    assert "Next: regtrack evaluate data s/checkpoint.safetensors" in printed.out
    assert "trial 0 complete, epochs: 1, PR AUC 0." in printed.err
    assert run(f"--quiet {words} --sampler grid --accelerator cpu --json", monkeypatch) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert found["counts"]["complete"] == 2
    assert found["best"]["average_precision"] == max(
        trial["average_precision"] for trial in found["trials"]
    )
    assert {trial["dropout"] for trial in found["trials"]} == {0.0, 0.1}
    assert printed.err == ""


def test_a_dry_run_prints_a_space_to_edit_and_writes_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("search data --out s --epochs 3 --dry-run", monkeypatch) == 0
    Path("printed.toml").write_text(capsys.readouterr().out)
    space = read_space("printed.toml", "dilated")
    assert space.size == 3**8 == 6561
    assert space.config.epochs == 3
    assert space.config == replace(
        recipe("data"), learning_rate=space.config.learning_rate, epochs=3
    )
    assert (
        run("search data --out s --model cnn3 --space space.toml --dry-run --json", monkeypatch)
        == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert found["space"]["network"] == {"channels": [6, 8, 4], "hidden": 8, "dropout": [0.0, 0.1]}
    assert (found["trials"], found["combinations"], found["epochs"]) == (50, 2, 30)
    assert not Path("s").exists()


@pytest.mark.parametrize("last", ["--dry-run", ""])
def test_the_storage_is_checked_before_anything_is_written(
    last: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("regtrack.search.worker.train", lambda *_, **__: pytest.fail("started"))
    Path("text.db").write_text("no database, but a text that is longer than SQLite's header" * 9)
    words = "search data --model cnn3 --space space.toml --accelerator cpu --out s"
    for address, message in (
        ("foo", "foo is not the address of a database; expected one as sqlite:///study.db"),
        ("sqlite:////nowhere/x.db", "cannot be used: unable to open database file"),
        ("sqlite:///text.db", "cannot be used: file is not a database"),
        ("mysql+pymysql://me:secret@host/x", "needs a driver that is not installed"),
    ):
        before = sorted(Path().rglob("*"))
        assert run(f"{words} --storage {address} {last}", monkeypatch) == 2
        shown = capsys.readouterr()
        assert (shown.out, shown.err.count("\n")) == ("", 1)
        assert message in shown.err
        assert sorted(Path().rglob("*")) == before


def test_a_dry_run_knows_a_study_of_something_else_and_writes_no_database(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "--quiet search data --model cnn3 --space space.toml --accelerator cpu --out"
    stored = "--storage sqlite:///x.db --study one"
    assert run(f"{words} s {stored} --dry-run", monkeypatch) == 0
    assert not Path("x.db").exists()
    assert run(f"{words} s {stored} --epochs 1 --trials 1", monkeypatch) == 0
    before = Path("x.db").read_bytes()
    assert run(f"{words} t {stored} --epochs 1 --dry-run", monkeypatch) == 0
    capsys.readouterr()
    assert run(f"{words} t {stored} --epochs 2 --dry-run", monkeypatch) == 2
    assert "the study one searches something else: config.epochs 1 there" in capsys.readouterr().err
    assert run(f"{words} s {stored} --epochs 2 --dry-run", monkeypatch) == 2
    assert "s holds a search for something else" in capsys.readouterr().err
    assert (Path("x.db").read_bytes(), Path("t").exists()) == (before, False)


def test_trials_are_trained_with_the_recipe_that_is_asked_for(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("rate.toml").write_text(f"{SPACE}learning_rate = 0.001\n")
    words = "search data --model cnn3 --space rate.toml --trials 1 --epochs 1 --accelerator cpu"
    for name, options in (("standard", ""), ("paper", "--recipe paper")):
        assert run(f"--quiet {words} {options} --out {name} --json", monkeypatch) == 0
        capsys.readouterr()
        trained = read_header(Path(name) / "checkpoint.safetensors").training["config"]
        expected = recipe("data", name, epochs=1, batch_size=8, learning_rate=0.001)
        assert trained == expected.to_dict()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--space no.toml", "no.toml"),
        ("--space space.toml --model cnn8", 'no model is called "cnn8"'),
        ("--space space.toml --sampler tpa", '--sampler is "tpa"; expected tpe or random or'),
        ("--space space.toml --trials 0", "--trials is 0; expected at least 1"),
        ("--space both.toml --epochs 3", "--epochs is given, and the search space has it too"),
        ("--space bad.toml", 'bad.toml: there is no setting "hiden". Did you mean "hidden"?'),
        ("--space range.toml --sampler grid", "choose another --sampler"),
        ("--recipe papre", '--recipe is "papre"; expected standard or paper'),
        ("--space space.toml --storage x.db", "x.db is not the address of a database"),
    ],
)
def test_bad_input_is_one_line_before_anything_starts(
    words: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("regtrack.search.worker.train", lambda *_, **__: pytest.fail("started"))
    Path("both.toml").write_text(f"{SPACE}epochs = 2\n")
    Path("bad.toml").write_text("[network]\nhiden = [8, 16]\n")
    Path("range.toml").write_text("[network]\ndropout = { low = 0, high = 0.5 }\n")
    model = "" if "--model" in words else "--model cnn3"
    assert run(f"search data --out s {model} {words}", monkeypatch) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def trial(number: int, state: str, score: float) -> Trial:
    return Trial(
        number=number, state=state, score=score, epochs=2,
        values={"dropout": 0.25, "dilations": (3, 9)}, facts={}, place="",
    )  # fmt: skip


TRIALS = [
    trial(1, "complete", 0.31234),
    trial(0, "running", 0.2),
    trial(2, "failed", math.nan),
]


def test_the_leaderboard_has_the_best_first() -> None:
    screen = Console(file=io.StringIO(), width=100)
    screen.print(board_table(TRIALS, ["dropout", "dilations"]))
    assert isinstance(screen.file, io.StringIO)
    lines = screen.file.getvalue().splitlines()
    assert lines[0].strip() == "Leaderboard: 2 of 3 trials ended"
    cells = [line.replace("│", " ").split() for line in lines if "│" in line]
    assert cells == [
        ["1", "0.3123", "2", "complete", "0.25", "3,9"],
        ["0", "0.2000", "2", "running", "0.25", "3,9"],
        ["2", "-", "2", "failed", "0.25", "3,9"],
    ]


def test_a_terminal_keeps_the_leaderboard_above_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(
        "regtrack.cli.leaderboard.errors", terminal := Console(file=screen, force_terminal=True)
    )
    monkeypatch.setattr("regtrack.cli.console.errors", terminal)
    with leaderboard(["dropout"]) as (progress, board), progress.task("Searching", 3, "trials"):
        board(TRIALS)
        with progress.task("Training CNN3", 10, "bp"):
            pass
    shown = screen.getvalue()
    last = shown[shown.rindex("Leaderboard") :]
    assert "0.3123" in last
    assert "Searching" in last
    assert "Training" not in last  # a finished bar goes
