"""`regtrack benchmark` from the outside: mistakes."""

from __future__ import annotations

import pytest
from typer import Typer
from typer.testing import CliRunner

from regtrack.cli.benchmark import command
from regtrack.errors import RegtrackError


def test_an_empty_model_list_does_not_mean_all() -> None:
    app = Typer()
    app.command()(command)
    with pytest.raises(RegtrackError, match="--models is empty"):
        CliRunner().invoke(
            app, ["grammar", "--out", "out", "--models", "", "--seeds", "0"], catch_exceptions=False
        )
