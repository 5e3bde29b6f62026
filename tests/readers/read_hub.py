"""Hubs and 2bits, read by JavaScript of other people."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

READERS = Path(__file__).parent


def read_hub(path: Path) -> Any:
    """What @gmod/ucsc-hub finds in a hub, or @gmod/twobit in a 2bit."""
    node = shutil.which("node")
    if node is None or not (READERS / "node_modules" / "@gmod" / "ucsc-hub").is_dir():
        pytest.skip("needs node and `make readers`")
    command = [node, str(READERS / "read_hub.mjs"), str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
