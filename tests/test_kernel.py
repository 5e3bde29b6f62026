"""Compiled loops: what is kept on disk, and what happens where nothing can be."""

from __future__ import annotations

import ast
import os
import threading
from pathlib import Path

import forked
import numpy as np
import pytest

from regtrack.kernel import kernel

ROOT = Path(__file__).parents[1]
SOURCE = """
from regtrack.kernel import kernel

@kernel
def twice(values):
    for i in range(len(values)):
        values[i] *= 2
"""

PARTED = """
from part import ADDED, scale
from regtrack.kernel import kernel

@kernel
def change(values):
    for i in range(len(values)):
        values[i] = scale(values[i]) + ADDED
"""

PART = """
from regtrack.kernel import inner

ADDED = 1

@inner
def scale(value):
    return value * 2
"""


def test_a_kernel_runs_without_a_cache_folder() -> None:
    scope: dict[str, object] = {}
    exec(SOURCE, scope)  # of no file, so that it has no folder for its machine code
    values = np.arange(3.0)
    scope["twice"](values)  # type: ignore[operator]
    assert values.tolist() == [0, 2, 4]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)


def run(code: str) -> str:
    """What code prints in a process that has Numba loaded, and none of the code's own modules."""
    result = forked.python(code)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.mark.usefixtures("here")
def test_machine_code_is_kept_and_rebuilt_when_its_file_changes() -> None:
    Path("kept.py").write_text(SOURCE)
    code = (
        "import numpy, kept; v = numpy.ones(1); kept.twice(v); "
        "print(v[0], sum(kept.twice.stats.cache_hits.values()))"
    )

    assert [run(code), run(code)] == ["2.0 0", "2.0 1"]
    Path("kept.py").write_text(SOURCE.replace("*= 2", "*= 30"))
    assert run(code) == "30.0 0"


@pytest.mark.usefixtures("here")
def test_machine_code_is_rebuilt_when_a_file_next_to_it_changes() -> None:
    """Whatever its size and time: what another file gives a kernel is part of its machine code."""
    Path("kept.py").write_text(PARTED)
    part = Path("part.py")
    part.write_text(PART)
    code = (
        "import sys; sys.dont_write_bytecode = True; "
        "import numpy, kept; v = numpy.ones(1); kept.change(v); "
        "print(v[0], sum(kept.change.stats.cache_hits.values()))"
    )
    assert [run(code), run(code)] == ["3.0 0", "3.0 1"]
    for before, after, expected in (
        ("value * 2", "value * 5", "6.0"),
        ("ADDED = 1", "ADDED = 4", "9.0"),
    ):
        times = part.stat()
        part.write_text(part.read_text().replace(before, after))
        os.utime(part, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert run(code) == f"{expected} 0"


def compiled(tree: ast.Module) -> list[ast.FunctionDef]:
    return [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(
            isinstance(d, ast.Name) and d.id in {"kernel", "inner"} for d in node.decorator_list
        )
    ]


def names_used(function: ast.FunctionDef) -> set[str]:
    """Names in the body, not in the annotations."""
    return {
        node.id
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name)
    }


def test_kernels_use_nothing_of_ours_from_another_folder() -> None:
    """Else a change there would leave stale machine code."""
    found = 0
    for path in (ROOT / "regtrack").rglob("*.py"):
        tree = ast.parse(path.read_text())
        imported = {
            alias.asname or alias.name: node.module
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        here = ".".join(path.relative_to(ROOT).parent.parts)
        for function in compiled(tree):
            found += 1
            for name in names_used(function) & set(imported):
                module = imported[name]
                ours = module.split(".")[0] == "regtrack"
                assert not ours or module.rpartition(".")[0] == here, f"{path}: {name}"
    assert found > 20


FULL = """
import numba.core.caching as caching
def full(*_):
    raise OSError(28, "No space left on device")
caching.IndexDataCacheFile._save_index = full
"""


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("trouble", "indexes"), [("", 1), (FULL, 0)], ids=["empty", "full disk"])
def test_disk_errors_only_cost_time(trouble: str, indexes: int) -> None:
    """An index of machine code that is empty, or that cannot be written."""
    Path("kept.py").write_text(SOURCE)
    code = trouble + "import numpy, kept; v = numpy.ones(1); kept.twice(v); print(v[0])"
    for _ in range(2):
        assert run(code) == "2.0"
        found = list(Path().rglob("*.nbi"))
        assert len(found) == indexes
        for index in found:
            index.write_bytes(b"")


@kernel
def _walk(seen: np.ndarray, steps: int) -> None:
    seen[0] = 1
    place = 1
    for _ in range(steps):
        place ^= place << 13
        place ^= place >> 7
        place ^= place << 17
    seen[1] = place | 1


def test_a_kernel_releases_the_interpreter_lock() -> None:
    seen = np.zeros(2, dtype=np.int64)
    _walk(seen, 1)  # compiled

    def met_in_the_middle() -> bool:
        seen[:] = 0
        thread = threading.Thread(target=_walk, args=(seen, 50_000_000))
        thread.start()
        while seen[0] == 0:
            pass
        running = seen[1] == 0  # seen from a thread that holds the lock
        thread.join()
        return bool(running)

    # on a busy machine this thread may sleep for as long as a walk takes, but not every time
    assert any(met_in_the_middle() for _ in range(20))
