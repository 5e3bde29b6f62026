"""The command line as a whole: help, errors, quiet, completion."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from regtrack.cli.app import COMMANDS
from regtrack.version import __version__


def regtrack(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "regtrack", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "100", **environment},
        check=False,
    )


def test_the_version_is_the_packages() -> None:
    assert regtrack("--version").stdout.strip() == f"regtrack {__version__}"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str) -> None:
    result = regtrack(command, "--help")
    assert result.returncode == 0, result.stderr
    assert f"regtrack {command}" in result.stdout
    assert "Examples:" in result.stdout


def test_a_mistake_of_the_user_is_one_line_and_status_2(tmp_path: Path) -> None:
    result = regtrack("inspect", str(tmp_path))
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def test_verbose_shows_the_traceback(tmp_path: Path) -> None:
    result = regtrack("--verbose", "inspect", str(tmp_path))
    assert "Traceback" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("error: ")
    assert result.returncode == 2


def test_a_mistyped_command_is_answered_with_the_nearest() -> None:
    result = regtrack("predict-genom")
    assert result.returncode == 2
    assert "predict-genome" in result.stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("pre", ["predict-genome"]),
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
def test_the_shell_completes(typed: str, offered: list[str]) -> None:
    script = Path(sys.executable).with_name("regtrack")
    words = {"COMP_WORDS": f"regtrack {typed}", "COMP_CWORD": str(len(typed.split()))}
    result = subprocess.run(
        [script],
        capture_output=True,
        text=True,
        env={**os.environ, "_REGTRACK_COMPLETE": "complete_bash", **words},
        check=False,
    )
    assert result.stdout.split() == offered
