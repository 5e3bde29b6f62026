"""Fixtures that every layer's tests share."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from kept_reader import kept_readers
from one_browser import BROWSER, OneBrowser, scope_of
from playwright.sync_api import Browser, sync_playwright
from small_world import World, make_world
from xdist.remote import Producer

from regtrack.compare.sources import Sources

# a slow machine is no failure
settings.register_profile("regtrack", deadline=None)
settings.register_profile("fuzz", deadline=None, max_examples=5_000)  # make fuzz
settings.load_profile("regtrack")

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Debian's packages; the shell, which has no windows, takes a sixth less of the processor
CHROMIUMS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
# what is on screen is painted as a whole: in the usual small tiles, every curve is followed in each
CHROMIUM_ARGS = ["--no-sandbox", "--default-tile-width=1536", "--default-tile-height=1024"]
_BESIDE = Path(__file__).parents[2] / "shared" / "data"
_PRECOMPILE = Path(__file__).parents[1] / "scripts" / "precompile.py"


def pytest_configure(config: pytest.Config) -> None:
    """Hide GPUs from this process and those that tests start, but for `pytest -m gpu`.

    Else every request with device "auto" would run there. By the environment, before anything asks
    CUDA for its devices, it holds without torch, which some tests must not load; what CUDA has
    once seen cannot be hidden again, so it is one or the other for a whole run.
    """
    if config.getoption("markexpr") != "gpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    if "PYTEST_XDIST_WORKER" in os.environ:
        # the workers fill the cores: threads of torch within them would wait for each other
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    elif getattr(config.option, "numprocesses", None):
        # once, while the workers collect the tests; else each of them would in a new checkout
        compiling = subprocess.Popen([sys.executable, _PRECOMPILE])
        config.add_cleanup(compiling.wait)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneBrowser:
    """Have one worker run every test of the dashboard in Chromium."""
    return OneBrowser(config, log)


def pytest_make_parametrize_id(val: object) -> str | None:
    """A gzip holds the time when it was made: as the name of a test it would differ by worker."""
    return "gzip" if isinstance(val, bytes) and val.startswith(b"\x1f\x8b") else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect with the garbage collector off, since everything imported and collected stays.

    Searching it for garbage takes a sixth of the time, and would slow down every later search.
    Afterwards it is searched less often than usual, since a test makes little garbage.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(50_000)
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first, the browser before all: begun last, it would run alone."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (scope_of(item.nodeid) != BROWSER, item.path not in slow))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Fork the server of processes, if any test has use for it, while nothing runs or is replaced.

    With pytest-xdist it is one per worker; the process that hands out the tests collects none.
    """
    forked = sys.modules.get("forked")
    wanted = forked and session.items and not session.config.option.collectonly
    with forked.server() if wanted else nullcontext():
        return (yield)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder hg38-chr1-10mb: a real sequence of 10 Mb and 259 real peak files."""
    folder = Path(os.environ.get("REGTRACK_REAL_DATA", _BESIDE)) / "hg38-chr1-10mb"
    if not folder.is_dir():
        message = f"no real data at {folder}; set REGTRACK_REAL_DATA to the folder that holds it"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def paper_manifest() -> Path:
    """The table of the paper's 919 markers."""
    table = Path(os.environ.get("REGTRACK_REAL_DATA", _BESIDE)) / "encode-919" / "manifest.tsv"
    if not table.is_file():
        message = f"no manifest at {table}; set REGTRACK_REAL_DATA to the folder that holds it"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return table


@pytest.fixture(scope="session")
def splice_weights() -> Path:
    """The weights of a trained network that is not regtrack's: OpenSpliceAI of 400 nt."""
    folder = Path(os.environ.get("REGTRACK_REAL_DATA", _BESIDE)) / "openspliceai-mane"
    weights = folder / "openspliceai-mane-400nt.safetensors"
    if not weights.is_file():
        message = f"no weights at {weights}; set REGTRACK_REAL_DATA to the folder that holds them"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return weights


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A small labelled genome with tracks of several models, for comparison and dashboard."""
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def sources(world: World) -> Iterator[Sources]:
    """The small world, opened."""
    found = world.open()
    yield found
    found.pool.close()


@pytest.fixture(scope="session", autouse=True)
def _handlers() -> dict[int, Any]:
    """The handlers of signals of this run, where processes that tests start can be interrupted.

    They can also where the tests run in the background, or outlive their terminal.
    """
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    for number, handler in usual.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
    return {number: signal.getsignal(number) for number in SIGNALS}


@pytest.fixture(autouse=True)
def _handlers_as_before(_handlers: dict[int, Any]) -> Iterator[None]:
    """A command run inside a test leaves its handlers; a process forked later would not end."""
    yield
    for number, handler in _handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Unpacked references go to a folder of this test run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGTRACK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _kept_readers() -> Iterator[None]:
    with kept_readers():
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The installed Chromium: one per run, since a second one would not start at the same time."""
    installed = [path for path in CHROMIUMS if path.exists()]
    if not installed:
        message = "no Chromium; install Debian's chromium-headless-shell or chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed[0], args=CHROMIUM_ARGS)
        yield browser
        browser.close()
