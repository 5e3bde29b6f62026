"""Files of networks of the user's own: loaded where the user names their function too."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import regtrack
from regtrack.checkpoint import load_checkpoint
from regtrack.cli.given import compared_networks, given_network
from regtrack.errors import CheckpointError, NetworkError
from regtrack.files.safetensors_header import read_safetensors_header
from regtrack.predict.named import NetworkSource, save_network
from regtrack.predict.scores import scores

OWN = """
from pathlib import Path
import torch
import regtrack

Path("ran").touch()


def make(seed, channels=1, kernel=11):
    torch.manual_seed(seed)
    module = torch.nn.Conv1d(4, channels, kernel)
    module.register_buffer("count", torch.tensor(3))  # a tensor without axes
    side = kernel // 2
    names = [f"t{index}" for index in range(channels)]
    return regtrack.as_network(module, names, name="own", crop=side, reach=side)


def other(seed=0):
    return make(seed)
"""
SEQUENCE = "ACGTTGCA" * 12


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with a module of the user's; `ran` tells that it was imported."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved_networks.py").write_text(OWN)
    sys.modules.pop("saved_networks", None)
    yield tmp_path
    sys.modules.pop("saved_networks", None)


@pytest.fixture
def saved(folder: Path) -> Path:
    """A file of a network, whose code has not run since."""
    file = folder / "own.safetensors"
    save_network(file, NetworkSource("saved_networks:make", ["seed=7", "channels=2"]))
    sys.modules.pop("saved_networks", None)
    (folder / "ran").unlink()
    return file


def test_a_file_names_what_made_it_and_loads_again(saved: Path) -> None:
    made = NetworkSource("saved_networks:make", ["seed=7", "channels=2"])
    expected = scores(made, sequence=SEQUENCE)
    found = scores(NetworkSource("saved_networks:make", checkpoint=saved), sequence=SEQUENCE)
    assert found.markers == ("t0", "t1")
    np.testing.assert_array_equal(found.values, expected.values)
    # its weights count, whatever the function draws; what is given goes before what was
    again = NetworkSource("saved_networks:make", "seed=1", checkpoint=saved).make()
    assert again.record()["settings"] == {"seed": 1, "channels": 2}
    assert again.record()["weights"] == made.make().record()["weights"]


def test_no_code_runs_because_a_file_says_so(saved: Path) -> None:
    with pytest.raises(CheckpointError, match="saved_networks:make made, and no code runs"):
        load_checkpoint(saved)
    with pytest.raises(CheckpointError, match="name the function too, as `network`"):
        scores(saved, sequence=SEQUENCE)
    with pytest.raises(NetworkError, match="was made by saved_networks:make, and saved_networks:o"):
        NetworkSource("saved_networks:other", checkpoint=saved).make()
    assert not Path("ran").exists()


def test_on_the_command_line_a_file_is_named_with_its_function(saved: Path) -> None:
    expected = NetworkSource("saved_networks:make", ["seed=1"], saved)
    assert given_network(saved, "saved_networks:make", ["seed=1"]) == expected
    assert compared_networks([saved, Path("run")], "saved_networks:make", ["seed=1"]) == (
        expected, Path("run"),
    )  # fmt: skip
    assert given_network(saved, "", None) == saved  # refused when it is read


def test_a_file_that_is_not_the_networks_is_refused(saved: Path, folder: Path) -> None:
    function = "saved_networks:make"
    with pytest.raises(NetworkError, match=r"module\.weight is torch\.float32 \(2, 4, 11\), and"):
        NetworkSource(function, "kernel=9", checkpoint=saved).make()
    with pytest.raises(NetworkError, match=r"no network at none\.safetensors"):
        NetworkSource(function, checkpoint=folder.relative_to(folder) / "none.safetensors").make()
    plain = folder / "plain.safetensors"
    save_file({"a": torch.zeros(2)}, plain)
    with pytest.raises(NetworkError, match="names no function"):
        NetworkSource(function, checkpoint=plain).make()
    metadata = dict(read_safetensors_header(saved).metadata)
    changed = folder / "changed.safetensors"
    save_file({name: one + 1 for name, one in load_file(saved).items()}, changed, metadata)
    with pytest.raises(NetworkError, match="its weights differ from those that were saved"):
        NetworkSource(function, checkpoint=changed).make()
    metadata["regtrack.network"] = metadata["regtrack.network"].replace("make", "fake")
    save_file(load_file(saved), changed, metadata)
    with pytest.raises(NetworkError, match="its record is damaged"):
        NetworkSource("saved_networks:fake", checkpoint=changed).make()
    with pytest.raises(NetworkError, match="`without` names weights"):
        save_network(folder / "x", NetworkSource(function, "seed=1"), without="weights")


def test_settings_that_only_read_weights_are_left_out(folder: Path) -> None:
    source = NetworkSource("saved_networks:other", "seed=5")
    regtrack.save_network(folder / "x.safetensors", source, without="seed")
    again = NetworkSource("saved_networks:other", checkpoint=folder / "x.safetensors").make()
    assert again.record()["settings"] == {}
    assert again.record()["weights"] == source.make().record()["weights"]
