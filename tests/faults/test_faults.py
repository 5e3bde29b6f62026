"""Some faults of one command; `make torture` tries every fault of every command that writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TORTURE = Path(__file__).with_name("torture.py")


def test_a_fault_leaves_the_old_output_or_the_new_one() -> None:
    command = [sys.executable, str(TORTURE), "build-dataset", "--every", "60"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "build-dataset: 3 faults, 0 wrong" in found.stdout
