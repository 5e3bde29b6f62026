"""Runs regtrack as from a shell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from regtrack.cli import main


@pytest.fixture
def run_regtrack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command; returns exit status, stdout, and stderr as one line."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["regtrack", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, " ".join(shown.err.split())

    return run
