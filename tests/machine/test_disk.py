"""A disk that is too small is found before work starts."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from regtrack.errors import OutputError
from regtrack.machine.disk import check_disk


def test_an_output_larger_than_the_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**10, 0, 10**9))
    check_disk(tmp_path / "deep" / "out", 10**9)
    with pytest.raises(OutputError, match=r"about 2\.0 GB will be written .* 1\.0 GB free"):
        check_disk(tmp_path / "deep" / "out", 2 * 10**9)
