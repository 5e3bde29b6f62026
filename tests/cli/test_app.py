"""The command line as a whole: help, errors, quiet, completion."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from regtrack.cli import commands, main
from regtrack.cli.commands import COMMANDS
from regtrack.version import __version__

SCRIPT = Path(sys.executable).with_name("regtrack")
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def regtrack(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, on a terminal of 100 columns."""

    def call(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        for name, value in {"COLUMNS": "100", **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["regtrack", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return subprocess.CompletedProcess(words, int(ended.value.code or 0), shown.out, shown.err)

    return call


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("predict-genome net", "missing option --reference; see regtrack predict-genome --help"),
        (
            "predict-genom",
            "no such command: predict-genom; did you mean predict-genome or predict?",
        ),
        ("zzz", "no such command: zzz; see regtrack --help"),
        ("--quik demo", "no such option: --quik; did you mean --quiet?"),
        (
            "train d --epocs 3",
            "no such option: --epocs; did you mean --devices, --epoch-windows or --epochs?",
        ),
        ("train -Q", "no such option: -Q; see regtrack train --help"),
        ("train d --epochs 0.5", '--epochs is "0.5"; expected a whole number'),
        ("train d --dropout", "--dropout needs a value; see regtrack train --help"),
        ("predict-genome a --window x", '--window is "x"; expected a whole number'),
        ("train d --learning-rate [b]", '--learning-rate is "[b]"; expected a number'),
        ("train d e f --out o", "too many arguments: e f; see regtrack train --help"),
        (
            "train d --overwrite=3 --out o",
            "option --overwrite does not take a value; see regtrack train --help",
        ),
    ],
)
def test_a_mistake_in_the_words_is_one_line(regtrack: Run, words: str, said: str) -> None:
    found = regtrack(*words.split())
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == f"error: {said}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_of_any_command_is_one_line(regtrack: Run, name: str) -> None:
    found = regtrack(name, "--unknown-zz")
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("error: no such option: --unknown-zz; ")
    assert found.stderr.count("\n") == 1


def test_the_version_is_the_packages() -> None:
    for begun in ([sys.executable, "-m", "regtrack"], [SCRIPT]):
        found = subprocess.run([*begun, "--version"], capture_output=True, text=True, check=True)
        assert found.stdout.strip() == f"regtrack {__version__}"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(regtrack: Run, command: str) -> None:
    result = regtrack(command, "--help")
    assert result.returncode == 0, result.stderr
    assert f"regtrack {command}" in result.stdout
    assert "Examples:" in result.stdout


def test_running_a_command_builds_no_other(regtrack: Run) -> None:
    commands._built.cache_clear()
    assert regtrack("inspect", "nothing").returncode == 2
    assert commands._built.cache_info().currsize == 1


def test_a_mistake_of_the_user_is_one_line_and_status_2(regtrack: Run, tmp_path: Path) -> None:
    result = regtrack("inspect", str(tmp_path))
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def test_verbose_shows_the_traceback(tmp_path: Path) -> None:
    words = [SCRIPT, "--verbose", "inspect", str(tmp_path)]  # it holds for the whole process
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "Traceback" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("error: ")
    assert result.returncode == 2


def test_a_mistyped_command_is_answered_with_the_nearest(regtrack: Run) -> None:
    result = regtrack("predict-genom")
    assert result.returncode == 2
    assert "predict-genome" in result.stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("pre", ["predict", "predict-genome"]),
        ("predict-genome --precision b", ["bf16"]),
        ("predict-genome --device c", ["cpu", "cuda"]),
        ("predict-genome --compile o", ["on", "off"]),
        ("evaluate --precision f", ["fp32"]),
        ("evaluate --device a", ["auto"]),
        ("train --precision b", ["bf16"]),
        ("saliency --device cu", ["cuda"]),
        ("receptive-field --device cp", ["cpu"]),
    ],
)
def test_the_shell_completes(regtrack: Run, typed: str, offered: list[str]) -> None:
    words = {"COMP_WORDS": f"regtrack {typed}", "COMP_CWORD": str(len(typed.split()))}
    result = regtrack(_REGTRACK_COMPLETE="complete_bash", **words)
    assert result.stdout.split() == offered


def test_the_script_completes() -> None:
    words = {"_REGTRACK_COMPLETE": "complete_bash", "COMP_WORDS": "regtrack pre", "COMP_CWORD": "1"}
    found = subprocess.run(
        [SCRIPT], capture_output=True, text=True, env={**os.environ, **words}, check=False
    )
    assert found.stdout.split() == ["predict", "predict-genome"]
