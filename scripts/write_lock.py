"""Write requirements.lock: the SHA-256 of each wheel that constraints.txt names.

pip chooses the wheels, for the machine that this runs on, which must be Linux x86-64 with Python
3.11. torch is left out: which of its builds fits, for the CPU or a CUDA, depends on the machine.

    python scripts/write_lock.py
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEFT_OUT = "torch"
HEADER = """\
# Wheels for Linux x86-64 and Python 3.11 at the versions of constraints.txt, by their SHA-256.
# torch is not among them: which of its builds fits, for the CPU or a CUDA, depends on the machine.
# Written by: make lock
# Install with: pip install --require-hashes --no-deps -r requirements.lock
"""


def pinned(constraints: Path) -> list[str]:
    """The requirements `name==version` of a constraints file, without torch."""
    lines = [line.strip() for line in constraints.read_text().splitlines()]
    return [line for line in lines if line[:1] not in {"", "#"} and line.split("==")[0] != LEFT_OUT]


def hashes(requirements: list[str]) -> dict[str, str]:
    """The SHA-256 of the wheel that pip chooses, by requirement; nothing is installed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [
                sys.executable, "-m", "pip", "install", "--quiet", "--dry-run",
                "--ignore-installed", "--no-deps", "--only-binary", ":all:",
                "--report", str(report), *requirements,
            ],
            check=True,
        )  # fmt: skip
        chosen = json.loads(report.read_text())["install"]
    return {
        _key(f"{one['metadata']['name']}=={one['metadata']['version']}"): one["download_info"][
            "archive_info"
        ]["hashes"]["sha256"]
        for one in chosen
    }


def _key(requirement: str) -> str:
    """A requirement whose name is spelt in one way."""
    return requirement.lower().replace("_", "-").replace(".", "-")


def main() -> None:
    """Ask pip, and write the file."""
    if (platform.system(), platform.machine(), sys.version_info[:2]) != (
        "Linux", "x86_64", (3, 11)
    ):  # fmt: skip
        sys.exit("the lock is of wheels for Linux x86-64 and Python 3.11; run this there")
    requirements = pinned(ROOT / "constraints.txt")
    found = hashes(requirements)
    lines = [f"{one} \\\n    --hash=sha256:{found[_key(one)]}\n" for one in requirements]
    (ROOT / "requirements.lock").write_text(HEADER + "".join(lines))


if __name__ == "__main__":
    main()
