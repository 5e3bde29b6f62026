"""The house stands as docs/architecture.md says: imports point one way, the light stays light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
GROUND = {
    "errors", "frozen", "progress", "closing", "atomic", "disk_errors", "partial_names",
    "owned", "destination", "exchange", "lock", "version", "kernel", "model_style", "csv_table",
    "name_lists",
}  # fmt: skip

# each part of the house, and the parts that it may import besides GROUND and itself
PERMITTED: dict[str, set[str]] = {
    **{name: set() for name in GROUND},
    "files": set(),
    "machine": set(),
    "fetch": {"genome", "labels", "files", "machine"},
    "genome": {"files", "machine"},
    "network_name": {"files"},
    "saved_network": {"files"},
    "measures": {"machine"},
    "labels": {"genome", "files"},
    "tracks": {"genome", "labels", "files", "machine"},
    "dataset": {"genome", "labels", "tracks", "files"},
    "models": set(),
    "checkpoint_header": {"genome", "labels", "files", "measures", "saved_network"},
    "checkpoint": {"genome", "labels", "models", "checkpoint_header", "files", "measures"},
    "inspection": {"checkpoint_header", "dataset", "tracks", "files"},
    "validation": {"checkpoint", "dataset", "tracks", "sweep", "genome", "files"},
    "predict": {
        "genome", "labels", "checkpoint", "machine", "files", "network_name", "saved_network",
    },
    "adapters": {"predict"},
    "model_check": {"genome", "checkpoint", "predict", "machine"},
    "training": {
        "genome", "labels", "dataset", "models", "checkpoint", "checkpoint_header", "evaluation",
        "predict", "measures", "files", "machine",
    },
    "evaluation": {
        "genome", "labels", "dataset", "models", "checkpoint", "predict", "measures", "files",
    },
    "sweep": {"genome", "labels", "tracks", "models", "checkpoint", "predict", "machine", "files"},
    "saliency": {
        "genome", "labels", "dataset", "models", "checkpoint", "predict", "sweep", "files",
        "tracks", "network_name",
    },
    "compare": {
        "genome", "labels", "machine", "tracks", "dataset.store", "dataset.format",
        "dataset.identity", "checkpoint_header", "measures", "files", "network_name",
    },
    "hub": {"genome", "labels", "tracks", "files", "compare", "machine", "figures.palette"},
    "calls": {
        "genome", "labels", "machine", "tracks", "checkpoint_header", "measures", "files",
    },
    "simulation": {"genome", "files", "machine"},
    "figures": {"genome", "labels", "tracks", "saliency", "model_check", "measures"},
    "report": {
        "genome", "labels", "tracks", "compare", "figures", "measures", "views", "files",
        "dataset.identity",
    },
    "views": {"genome", "labels", "tracks", "compare", "figures", "files"},
    "search": {
        "dataset", "models", "checkpoint_header", "training", "figures", "files",
    },
    "tables": {
        "dataset", "labels", "measures", "predict", "evaluation", "figures", "report.html",
        "report.page",
    },
    "benchmark": {
        "genome", "labels", "dataset", "models", "checkpoint", "predict", "training",
        "evaluation", "saliency", "simulation", "figures", "files",
    },
}  # fmt: skip
# what the dashboard, a separate package, may import from regtrack: nothing that loads torch
APP_MAY = {
    *GROUND, "files", "genome", "tracks", "labels", "compare", "dataset.store", "dataset.format",
    "dataset.identity", "checkpoint_header", "hub",
}  # fmt: skip
EVERYTHING = {"cli", "demo", "quickstart", "__main__"}

# third-party packages that only these parts may import
KEPT_TO: dict[str, set[str]] = {
    "torch": {
        "models", "checkpoint", "predict", "training", "evaluation", "sweep", "dataset",
        "saliency", "benchmark", "model_check", "search", "adapters", "tables",
    },
    "captum": {"saliency"},
    "logomaker": {"figures"},
    "plotly": {"figures", "app"},
    "pandas": {"figures"},
    "lightning": {"training"},
    "optuna": {"search"},
    "sqlalchemy": {"search"},
    "matplotlib": {"figures", "training", "tables"},
    "sklearn": {"measures", "benchmark"},
    "pyBigWig": {"tracks"},
    "h5py": {"dataset"},
    "scipy": {"dataset", "figures"},
    "isal": {"tracks", "files", "genome", "app"},
    "msgspec": {"files"},
    "numba": {"kernel"},
    "pyfaidx": {"genome"},
    "requests": {"fetch", "hub"},
    "urllib3": {"fetch"},
    "py2bit": {"fetch"},
    "dask": {"sweep"},
    "distributed": {"sweep"},
    "typer": {"cli"},
    "rich": {"cli"},
    "dash": {"app"},
    "flask": {"app"},
    "waitress": {"app"},
    "concurrent": {"machine"},  # whose threads a signal cannot leave waiting for each other
}  # fmt: skip


def part_of(path: Path) -> str:
    if path.is_relative_to(ROOT / "app"):
        return "app"
    return path.relative_to(ROOT / "regtrack").parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path} has a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def forbidden(path: Path, permitted: set[str]) -> Iterator[str]:
    """What a file imports of regtrack besides these parts, and these files of parts."""
    for name in imports(path):
        if name.startswith("regtrack."):
            parts = name.removeprefix("regtrack.").split(".")
            if parts[0] not in permitted and ".".join(parts[:2]) not in permitted:
                yield f"{path} imports {name}"


SOURCES = sorted(p for p in (ROOT / "regtrack").rglob("*.py") if p.parent != ROOT / "regtrack")
SOURCES += sorted(p for p in (ROOT / "regtrack").glob("*.py") if p.name != "__init__.py")
APP_SOURCES = sorted((ROOT / "app").rglob("*.py"))
BOUND = [path for path in SOURCES if part_of(path) not in EVERYTHING]


def test_every_part_has_a_place() -> None:
    assert len(BOUND) > 300
    assert not {part_of(path) for path in BOUND} - PERMITTED.keys(), "name what it may import"


def test_imports_point_one_way() -> None:
    found = [
        line
        for path in BOUND
        for line in forbidden(path, PERMITTED[part_of(path)] | GROUND | {part_of(path)})
    ]
    assert not found


def test_only_the_command_line_imports_the_dashboard() -> None:
    assert not [
        (path, name) for path in BOUND for name in imports(path)
        if name.split(".")[0] == "regtrack_app"
    ]  # fmt: skip


def test_the_dashboard_imports_what_it_may() -> None:
    assert len(APP_SOURCES) > 50
    assert not [line for path in APP_SOURCES for line in forbidden(path, APP_MAY)]


def test_packages_are_kept_to_their_parts() -> None:
    found = []
    for path in SOURCES + APP_SOURCES:
        packages = {name.split(".")[0] for name in imports(path)} & KEPT_TO.keys()
        found += [(path, one) for one in packages if part_of(path) not in KEPT_TO[one]]
    assert not found


def loaded_by(statement: str) -> set[str]:
    """The top-level packages in a fresh interpreter after a statement."""
    code = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(result.stdout.splitlines()[-1].split())


HEAVY = {"torch", "lightning", "matplotlib", "sklearn", "scipy", "numba"}


LIGHT = (
    "import regtrack",
    "import regtrack.cli",
    "import regtrack.dataset.store",
    "import regtrack.dataset.build",
    "import regtrack.labels.manifest",
    "import regtrack.tracks.bigwig.read",
    "import regtrack.tracks.bigwig.validate",
    "import regtrack.predict.network, regtrack.predict.reading",
    "import regtrack.sweep.plan",
    "import regtrack.simulation.genome",
    "import regtrack.checkpoint_header",
    "import regtrack.inspection",
    "import regtrack.model_style",
    "import regtrack.training.config, regtrack.predict.precision",
    "import regtrack.saliency.values, regtrack.saliency.method",
    "import regtrack.model_check.values",
    "import regtrack.figures.interactive",
    "import regtrack.measures.exact, regtrack.measures.measure",
    "import regtrack.compare.open_sources, regtrack.compare.measure_region",
    "import regtrack.compare.ranking, regtrack.compare.scoreboard",
    "import regtrack.compare.browser_tracks, regtrack.compare.region_text",
    "import regtrack_app.process",
    "import regtrack_app.create_app, regtrack_app.serve",
)

# NumPy is loaded once, and each statement then runs in a copy of the process
IN_COPIES = """
import os, sys
import numpy

for statement in sys.argv[1:]:
    sys.stdout.flush()
    copy = os.fork()
    if not copy:
        exec(statement)
        print(*{name.split(".")[0] for name in sys.modules}, flush=True)
        os._exit(0)
    os.waitpid(copy, 0)
"""


def test_light_parts_load_nothing_heavy() -> None:
    result = subprocess.run(
        [sys.executable, "-c", IN_COPIES, *LIGHT],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    loaded = [set(line.split()) for line in result.stdout.splitlines()]
    assert len(loaded) == len(LIGHT)
    for statement, packages in zip(LIGHT, loaded, strict=True):
        assert "regtrack" in packages or "regtrack_app" in packages, statement
        assert not packages & HEAVY, statement


def test_help_loads_what_it_shows() -> None:
    """All commands are read for their options, and none loads what it works with."""
    group = "from regtrack.cli.commands import CommandGroup"
    loaded = loaded_by(f"{group}\nassert len(list(CommandGroup().commands.values())) > 20")
    assert "typer" in loaded
    assert not loaded & (HEAVY | {"numpy", "requests", "py2bit"})


def test_the_sweep_knows_no_saliency() -> None:
    """It takes any `Computation`; what one of them computes is told where it is computed."""
    for path in (ROOT / "regtrack" / "sweep").rglob("*.py"):
        text = path.read_text().lower()
        assert not [word for word in ("saliency", "gradient") if word in text], path


def test_comparison_loads_no_page() -> None:
    names = ["open_sources", "Sources", "rank_windows", "score_models", "measure_region", "measure"]
    loaded = loaded_by("; ".join(["import regtrack", *(f"regtrack.{name}" for name in names)]))
    assert "regtrack" in loaded
    assert not loaded & (HEAVY | {"dash", "plotly", "flask", "regtrack_app"})


def test_no_file_imports_our_own_modules_inside_a_function() -> None:
    """But for the command line, which loads late on purpose, and the lazy top-level names."""
    for path in SOURCES + APP_SOURCES:
        text = path.read_text()
        if part_of(path) in {"cli"} or not re.search(r"^.+from regtrack", text, re.MULTILINE):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.ImportFrom) and inner.module:
                        ours = inner.module.split(".")[0] in {"regtrack", "regtrack_app"}
                        assert not ours, f"{path}:{inner.lineno}"


def test_no_public_name_is_that_of_a_module() -> None:
    """Importing the module would put it in the name's place."""
    import regtrack

    modules = {path.stem for path in (ROOT / "regtrack").iterdir()}
    assert not modules & set(regtrack.__all__)
