"""requirements.lock covers constraints.txt."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENTRY = re.compile(r"([\w.-]+==[\w.]+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)")


def pinned() -> set[str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def test_every_pinned_version_but_torch_is_locked_by_a_hash() -> None:
    text = (ROOT / "requirements.lock").read_text()
    locked = {name for name, _ in ENTRY.findall(text)}
    torch = {one for one in pinned() if one.startswith("torch==")}
    assert len(torch) == 1
    assert locked == pinned() - torch, "run `make lock`"
    # and nothing else stands in the file
    left = ENTRY.sub("", text)
    assert all(line.startswith("#") for line in left.splitlines())


def test_no_registry_is_named() -> None:
    for file in ("requirements.lock", "constraints.txt"):
        assert not re.search(r"://|index-url|find-links", (ROOT / file).read_text())
