"""The command: its summary for scripts and for people, and one line for a mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regtrack.cli import main


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["regtrack", "--quiet", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


def test_json_is_alone_on_stdout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "genome"
    arguments = ("simulate", "--out", str(out), "--length", "100000", "--json")
    assert run(monkeypatch, *arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert Path(found["reference"]).is_file()
    assert sum(found["assembly"]["lengths"]) == 100_000
    assert set(found["labelled"]) == {"CTCF", "REST", "DNase", "H3K27me3"}


def test_the_table_ends_with_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "genome"
    assert run(monkeypatch, "simulate", "--out", str(out), "--length", "100000") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("Next: regtrack build-dataset")
    assert str(out / "markers.tsv") in last


@pytest.mark.parametrize("command", ["simulate", "demo"])
def test_an_existing_output_is_refused_in_one_line(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (tmp_path / "mine").write_text("mine")
    assert run(monkeypatch, command, "--out", str(tmp_path)) == 2
    error = capsys.readouterr().err.strip()
    assert "exists already" in error
    assert len(error.splitlines()) == 1
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_grammar_file_is_planted_and_a_bad_one_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = '{"elements": [{"role": "lone", "motifs": ["REST"], "per_mb": 300}], "markers": [%s]}'
    marker = '{"category": "TF", "target": "R", "rule": {"kind": "around", "motif": "REST", %s}}'
    file, out = tmp_path / "g.json", tmp_path / "genome"
    arguments = ("simulate", "--out", str(out), "--length", "100000", "--grammar", str(file))
    file.write_text(text % (marker % '"wide": 90'))
    assert run(monkeypatch, *arguments) == 2
    error = capsys.readouterr().err.strip()
    assert '"wide" is unknown here' in error
    assert len(error.splitlines()) == 1
    assert not out.exists()
    file.write_text(text % (marker % '"width": 90'))
    assert run(monkeypatch, *arguments, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["planted"].keys() == {"lone"}
    assert 2_500 < found["labelled"]["R"] < 3_000
