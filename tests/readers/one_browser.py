"""Which tests one worker of pytest-xdist runs together."""

from __future__ import annotations

from typing_extensions import override
from xdist.scheduler import LoadFileScheduling

BROWSER = "tests/app/browser"
"""Every worker that runs a test of this folder starts Chromium, a server and a world to show."""


def scope_of(nodeid: str) -> str:
    """What a test is run together with: the other tests of its file, or all of the browser's."""
    return BROWSER if nodeid.startswith(BROWSER) else nodeid.partition("::")[0]


class OneBrowser(LoadFileScheduling):
    """As `--dist loadfile`, but with one worker for the dashboard in Chromium."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)
