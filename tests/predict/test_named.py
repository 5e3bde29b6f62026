"""Networks named by the function that makes them: found, called, and refused in one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from regtrack.errors import NetworkError, RegtrackError
from regtrack.predict import named
from regtrack.predict.named import NetworkSource
from regtrack.predict.scores import scores

OWN = """
import torch
import regtrack

NUMBER = 3


def make(channels=1, name="own", *, fail=False):
    if fail:
        raise KeyError("no such weights")
    torch.manual_seed(0)
    tracks = [f"t{index}" for index in range(channels)]
    return regtrack.as_network(torch.nn.Conv1d(4, channels, 11), tracks, name=name, crop=5, reach=5)


def nothing():
    return 7
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with a module of the user's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_networks.py").write_text(OWN)
    (tmp_path / "broken_networks.py").write_text("import own_networks\n\n1 +\n")
    (tmp_path / "needy_networks.py").write_text("import a_package_that_is_not_there\n")
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.endswith("_networks"):
            del sys.modules[name]


def test_a_function_is_called_with_its_settings() -> None:
    source = NetworkSource("own_networks:make", ["channels=2", "name=mine"])
    found = source.make()
    assert (found.model.name, found.marker_names) == ("mine", ("t0", "t1"))
    assert found.record()["function"] == "own_networks:make"
    assert found.record()["settings"] == {"channels": 2, "name": "mine"}
    one = NetworkSource("own_networks:make", "name=mine").make()  # not one setting per letter
    assert one.model.name == "mine"
    assert scores(source, sequence="ACGT" * 30).markers == ("t0", "t1")
    assert str(Path.cwd()) not in sys.path  # as before


def test_an_entry_point_of_a_package_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    made = NetworkSource("own_networks:make")._function()
    point = SimpleNamespace(name="spliceai", load=lambda: made)
    monkeypatch.setattr(
        named, "entry_points", lambda group: [point] if group == named.GROUP else []
    )
    assert NetworkSource("spliceai").make().marker_names == ("t0",)
    with pytest.raises(NetworkError, match=r'no network is called "splice": the installed .* name'):
        NetworkSource("splice").make()
    monkeypatch.setattr(named, "entry_points", lambda group: [point, point])
    with pytest.raises(NetworkError, match='several networks are called "spliceai"'):
        NetworkSource("spliceai").make()


@pytest.mark.parametrize(
    ("function", "settings", "problem"),
    [
        ("no_networks:make", [], "there is no module no_networks in "),
        ("own_networks.deep:make", [], "there is no module own_networks.deep in|is not a package"),
        ("own_networks:mak", [], 'own_networks has no function mak. Did you mean "make"?'),
        ("own_networks:", [], "own_networks has no function without a name; expected package"),
        ("own_networks:NUMBER", [], "is a value of type int; expected a function"),
        (
            "own_networks:nothing",
            [],
            "returns a value of type int; expected a torch.nn.Mod",
        ),
        ("own_networks:make", ["fail=true"], r"raised KeyError: 'no such weights' \(.*, line 10\)"),
        ("own_networks:make", ["depth=3"], "raised TypeError: make.. got an unexpected keyword"),
        ("own_networks:make", ['name="a/b"'], "a/b. cannot name a marker"),
        ("broken_networks:make", [], r"raised SyntaxError: .*broken_networks.py, line 3\)"),
        (
            "needy_networks:make",
            [],
            r"named 'a_package_that_is_not_there' \(.*, line 1\)",
        ),
        (
            "nothing_at_all",
            [],
            'no network is called "nothing_at_all": none is installed; ',
        ),
    ],
)
def test_what_makes_no_network_is_refused_in_one_line(
    function: str, settings: list[str], problem: str
) -> None:
    with pytest.raises(RegtrackError, match=problem) as caught:
        NetworkSource(function, settings).make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("settings", [["channels"], ["=3"], ["a b=3"], ["a=1", "a=2"]])
def test_settings_have_a_name_and_a_value(settings: Any) -> None:
    with pytest.raises(NetworkError, match="expected name=value, each name once"):
        NetworkSource("own_networks:make", settings)
