"""The documentation cannot drift: commands, links, pages."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import regtrack
from regtrack.cli.commands import COMMANDS
from regtrack.sweep.record import chosen_by_user, make_record

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_command_line_page_is_what_help_prints() -> None:
    result = subprocess.run(
        [sys.executable, ROOT / "scripts" / "write_cli_docs.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_explained_outside_its_own_help(command: str) -> None:
    pages = [page for page in PAGES if page.name != "cli.md"]
    assert any(f"regtrack {command}" in page.read_text() for page in pages)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_pages_exist(page: Path) -> None:
    for block in re.findall(r"^```(?:sh|bash|console)\n(.*?)^```", page.read_text(), re.M | re.S):
        for word in re.findall(r"^(?:\$ )?regtrack ([a-z][a-z-]+)", block, re.MULTILINE):
            assert word in COMMANDS, f"{page.name} names regtrack {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_local_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_page_is_in_the_table_of_contents() -> None:
    contents = (ROOT / "docs" / "index.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        if page.name != "index.md":
            assert re.search(rf"^{page.stem}$", contents, re.MULTILINE), page.name


def test_every_name_of_the_api_loads_and_is_documented() -> None:
    api = (ROOT / "docs" / "api.md").read_text()
    for name in regtrack.__all__:
        assert getattr(regtrack, name) is not None
        if name != "__version__":
            assert re.search(rf"\b{name}\b", api), name


def test_every_field_of_sweep_json_is_in_its_table() -> None:
    _, table = (ROOT / "docs" / "sweep.md").read_text().split("\n## sweep.json\n", 1)
    explained = re.findall(r"^\| (`.*?`) \|", table.split("\n## ", 1)[0], re.MULTILINE)
    written = re.findall(
        r'^ {8}"(\w+)":|record\["(\w+)"\] =',
        inspect.getsource(make_record) + inspect.getsource(chosen_by_user),
        re.MULTILINE,
    )
    fields = [plain or later for plain, later in written]
    assert len(fields) > 12
    assert [field for field in fields if f"`{field}`" not in ", ".join(explained)] == []
