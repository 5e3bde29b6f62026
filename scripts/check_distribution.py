"""Check what an sdist and a wheel hold, against the files that git tracks.

Usage: check_distribution.py SDIST WHEEL
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

PACKAGES = {"regtrack": "regtrack", "regtrack_app": "app/regtrack_app"}  # in a checkout
IN_SDIST = ("regtrack", "app", "tests", "docs", "scripts")
BESIDE = {
    "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "constraints.txt", "pyproject.toml",
    "requirements.lock",
}  # fmt: skip


def tracked(*paths: str) -> set[str]:
    """The files that git tracks below some paths, and new ones that it does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *paths]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.splitlines() if Path(name).is_file()}


def in_wheel(wheel: str) -> set[str]:
    """The files of a wheel, as they are named in a checkout; those about it left out."""
    with zipfile.ZipFile(wheel) as archive:
        names = [PurePosixPath(name) for name in archive.namelist()]
    found = set()
    for name in names:
        top = name.parts[0]
        if top.endswith(".dist-info"):
            continue
        if top not in PACKAGES:
            sys.exit(f"{wheel} holds {name}; expected nothing but {' and '.join(PACKAGES)}")
        found.add(str(PurePosixPath(PACKAGES[top], *name.parts[1:])))
    return found


def in_sdist(sdist: str) -> set[str]:
    """The files of an sdist, without its one folder."""
    with tarfile.open(sdist) as archive:
        names = [member.name for member in archive.getmembers() if member.isfile()]
    return {str(PurePosixPath(*PurePosixPath(name).parts[1:])) for name in names}


def compare(what: str, found: set[str], expected: set[str]) -> None:
    """End with a message if files are missing or too many."""
    for files, word in ((expected - found, "lacks"), (found - expected, "holds unexpectedly")):
        if files:
            sys.exit(f"{what} {word}: {' '.join(sorted(files))}")
    print(f"{what}: {len(found)} files")


def main() -> None:
    """Check both."""
    sdist, wheel = sys.argv[1:]
    compare("wheel", in_wheel(wheel), tracked(*PACKAGES.values()))
    compare("sdist", in_sdist(sdist) - {"PKG-INFO", ".gitignore"}, tracked(*IN_SDIST) | BESIDE)


if __name__ == "__main__":
    main()
