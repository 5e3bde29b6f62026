"""`regtrack validate` on valid and damaged files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from bigwig_tracks import Case
from typer import Typer
from typer.testing import CliRunner

from regtrack.cli.validate import command
from regtrack.errors import RegtrackError, TrackError
from regtrack.genome.assembly import Assembly

ASSEMBLY = Assembly(("chr1", "chr2"), (20, 10))


@pytest.fixture
def app() -> Typer:
    app = Typer()
    app.command()(command)
    return app


@pytest.fixture
def good(tmp_path: Path) -> Path:
    values = {"chr1": np.arange(20, dtype=np.float32), "chr2": np.ones(10, dtype=np.float32)}
    Case(ASSEMBLY, values).write(tmp_path / "good.bw")
    return tmp_path / "good.bw"


def test_a_valid_file_exits_0(app: Typer, good: Path) -> None:
    fasta = good.with_name("a.fa")
    fasta.write_text(f">chr1\n{'A' * 20}\n>chr2\n{'C' * 10}\n")
    result = CliRunner().invoke(app, [str(good), "--reference", str(fasta)])
    assert result.exit_code == 0
    assert "good.bw: valid; 2 chromosomes, 30 bases" in result.stdout


def test_a_damaged_file_exits_1_and_says_where(app: Typer, good: Path) -> None:
    bad = good.with_name("bad.bw")
    bad.write_bytes(good.read_bytes()[:-20])
    result = CliRunner().invoke(app, [str(good), str(bad)])
    assert result.exit_code == 1
    assert "good.bw: valid" in result.stdout
    assert "bad.bw: not valid\n  " in result.stdout


def test_a_missing_file_is_reported_before_any_work(app: Typer, good: Path) -> None:
    words = [str(good), str(good.with_name("none.bw"))]
    result = CliRunner().invoke(app, words)
    assert isinstance(result.exception, TrackError)  # which costs status 2, as everywhere
    assert "no bigWig at" in str(result.exception)
    assert result.output == ""


def test_json_is_for_scripts(app: Typer, good: Path) -> None:
    sizes = good.with_name("a.sizes")
    sizes.write_text("chr1\t21\nchr2\t10\n")
    result = CliRunner().invoke(app, [str(good), "--sizes", str(sizes), "--json"])
    assert result.exit_code == 1
    (report,) = json.loads(result.stdout)
    assert report["valid"] is False
    assert report["covered"] == 30
    assert report["findings"] == [
        {"part": "chromosomes", "message": "chr1 is 20 bp in the file and 21 bp in the assembly"}
    ]


def test_only_one_assembly_may_be_given(app: Typer, good: Path) -> None:
    result = CliRunner().invoke(app, [str(good), "--sizes", str(good), "--reference", str(good)])
    assert isinstance(result.exception, RegtrackError)
