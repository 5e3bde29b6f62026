"""`regtrack calls` from the outside: what is printed, and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from small_tracks import write_bigwig

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_regtrack: Call) -> Call:
    """Run regtrack beside signal.bw; returns exit status, stdout and stderr."""
    values = np.zeros(3_000, dtype=np.float32)
    values[100:300], values[2_000:2_200] = 4.0, 5.0
    write_bigwig(tmp_path / "signal.bw", {"chr1": values})
    monkeypatch.chdir(tmp_path)
    return run_regtrack


def test_peaks_are_called_beside_the_track_and_summed_up(call: Call) -> None:
    code, out, _ = call("calls", "signal.bw", "--threshold", "5", "--extend-to", "3")
    assert code == 0
    assert "signal-calls: 1 peaks in" in out
    assert "extended to" in out
    assert {path.name for path in Path("signal-calls").iterdir()} == {
        "signal.narrowPeak", "signal.bb", "calls.json", "calls.csv",
    }  # fmt: skip
    code, out, _ = call("calls", "signal.bw", "--threshold", "3", "--out", "b", "--json")
    found = json.loads(out)
    assert (code, found["out"], found["tracks"][0]["peaks"]) == (0, "b", 2)
    assert found["rule"]["threshold"] == 3


def test_nothing_found_is_said_and_no_error(call: Call) -> None:
    code, out, err = call("calls", "signal.bw", "--threshold", "9")
    assert (code, "error" in err) == (0, False)
    assert "signal.bw: no peak; its files are empty" in out
    assert Path("signal-calls/signal.narrowPeak").read_bytes() == b""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("signal.bw", "found none; expected one of --precision, --fdr and --threshold"),
        ("signal.bw --threshold 2 --fdr 0.1", "found --fdr and --threshold"),
        (
            "signal.bw --precision 0.9",
            "give the folder of its sweep if it has one, or give a --threshold",
        ),
        ("signal.bw --threshold 2 --extend-to 3", "--extend-to is 3; expected at most 2"),
        ("signal.bw --threshold 2 --min-length 0", "--min-length is 0 bp; expected at least 1"),
        ("gone.bw --threshold 2", "nothing at gone.bw; expected a sweep"),
        ("signal.bw --threshold 2 --markers x", 'no marker matches "x"'),
        ("signal.bw --threshold 2 --checkpoint no", "--checkpoint is the one that made a sweep"),
        ("signal.bw --threshold 2 --out .", "is the current folder"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(call: Call, words: str, said: str) -> None:
    before = sorted(Path().rglob("*"))
    code, out, err = call("calls", *words.split())
    assert (code, out) == (2, "")
    assert said in err and err.count("error:") == 1 and "Traceback" not in err
    assert sorted(Path().rglob("*")) == before
