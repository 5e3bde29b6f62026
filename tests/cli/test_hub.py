"""`regtrack hub` from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from small_tracks import write_sweep

from regtrack.cli import main

ONES = {"chr2": np.ones(500, np.float32)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_sweep(tmp_path / "tracks", "cnn7", {"K562_CTCF": ONES, "A_D": ONES})
    return tmp_path


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str
) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["regtrack", "hub", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    return int(ended.value.code or 0), shown.out, shown.err


def test_files_are_named_and_the_next_step_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = run(capsys, monkeypatch, "tracks", "--genome", "planted", "--show", "A_D")
    assert code == 0
    *files, last = out.splitlines()
    assert all(Path(file).is_file() for file in files)
    assert last.startswith("2 tracks. How to open them: ")
    assert "visibility full" in Path("tracks/hub.txt").read_text()
    code, out, err = run(capsys, monkeypatch, "tracks", "--genome", "planted", "--json")
    assert (code, out) == (2, "")
    assert "exists" in err
    code, out, _ = run(capsys, monkeypatch, "tracks", "--genome", "x", "--json", "--overwrite")
    assert json.loads(out)["tracks"] == 2


def test_an_unknown_assembly_is_asked_for_by_its_option(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = run(capsys, monkeypatch, "tracks")
    assert (code, out) == (2, "")
    assert "name it with --genome, and give its FASTA as --reference" in " ".join(err.split())
    assert not Path("tracks/hub.txt").exists()


def test_text_that_would_be_lines_of_its_own_is_refused_by_its_option(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for option, value in (("--email", "x\ntrack evil"), ("--url", "not a url")):
        code, out, err = run(capsys, monkeypatch, "tracks", "--genome", "planted", option, value)
        assert (code, out) == (2, "")
        assert err.startswith(f"error: {option} is ")
        assert err.count("\n") == 1
    assert not Path("tracks/hub.txt").exists()


def test_a_check_names_the_assembly_that_ucsc_must_have(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = run(capsys, monkeypatch, "tracks", "--genome", "planted")
    assert code == 0
    assert "otherwise give its FASTA as --reference" in " ".join(err.split())
    code, out, _ = run(capsys, monkeypatch, "--check", "tracks", "--json")
    found = json.loads(out)
    assert (code, found["problems"], found["assumed"]) == (0, [], ["planted"])
