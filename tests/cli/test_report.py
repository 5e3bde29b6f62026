"""`regtrack report` from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_world import World

from regtrack.cli import main


def test_a_report_is_one_file_whose_size_is_said(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    out = tmp_path / "r.html"
    words = [
        "regtrack", "report", f"my CNN={world.folder / 'sweeps' / 'cnn7'}", "--labels",
        str(world.folder / "data"), "--top", "1", "--markers", "*CTCF", "--out", str(out), "--json",
    ]  # fmt: skip
    for overwrite, code in (([], 0), ([], 2), (["--overwrite"], 0)):
        monkeypatch.setattr("sys.argv", [*words, *overwrite])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        assert ended.value.code == code or (code == 0 and ended.value.code is None)
        if code == 0:
            told = json.loads(shown.out)
            # one model differs from none
            assert (told["regions"], told["markers"], told["split"]) == (2, 1, "test")
            assert told["bytes"] == out.stat().st_size
        else:
            assert "exists already" in shown.err
    html = out.read_text()
    assert "my CNN" in html
    assert "differ most" not in html
