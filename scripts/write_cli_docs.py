"""Write docs/cli.md from every command's --help; with --check, only compare."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

# read by typer and rich when they are imported
os.environ |= {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "TERMINAL_WIDTH": "100"}

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"
HEAD = """\
# The command line

Every command with its options, as `--help` prints them. All take `-h`; the options before the
command's name (`regtrack --quiet train ...`) are those of `regtrack` itself. Tab completion:
`regtrack --install-completion`.

Exit status: 0 done; 1 `validate`, `check-model` or `hub --check` found something wrong, or `fetch`
could not fetch a file; 2 something a user can mend (one line on stderr says what); 129 its terminal
was closed (SIGHUP); 130 interrupted (Ctrl-C); 143 terminated (SIGTERM).

This page is written by `python scripts/write_cli_docs.py`; a test compares it.
"""


def help_text(*words: str) -> str:
    """What `regtrack WORDS --help` prints, 100 columns wide and without colours."""
    from regtrack.cli.app import app

    with redirect_stdout(StringIO()) as printed:
        app([*words, "--help"], prog_name="regtrack", standalone_mode=False)
    return "\n".join(line.rstrip() for line in printed.getvalue().splitlines()).strip()


def page() -> str:
    """The whole page."""
    from regtrack.cli.commands import COMMANDS

    parts = [HEAD, f"```text\n{help_text()}\n```\n"]
    parts += [f"## regtrack {name}\n\n```text\n{help_text(name)}\n```\n" for name in COMMANDS]
    return "\n".join(parts)


if __name__ == "__main__":
    text = page()
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PAGE.read_text() == text else f"{PAGE} is stale: run {sys.argv[0]}")
    PAGE.write_text(text)
