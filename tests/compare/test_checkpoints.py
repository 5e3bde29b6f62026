"""Checkpoints are matched with the sweeps that they made."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from small_tracks import write_sweep
from small_world import World

from regtrack.checkpoint_header import FORMAT, CheckpointHeader
from regtrack.compare.checkpoints import trained_elsewhere
from regtrack.compare.open_sources import open_sources
from regtrack.dataset.identity import dataset_digest
from regtrack.dataset.store import Dataset
from regtrack.errors import CheckpointError, NetworkError
from regtrack.files.safetensors_header import SafetensorsHeader
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.network_name import NetworkName, SweptNetwork
from regtrack.tracks.build_catalog import build_catalog


def write_checkpoint(path: Path, model: str, markers: tuple[str, ...], note: str = "") -> Path:
    """A checkpoint without weights."""
    header = CheckpointHeader(
        model=model,
        config={},
        markers=tuple(Marker(name, "TF", "K562", name) for name in markers),
        assembly=Assembly(("chr1",), (1000,)),
        window=1000,
        training={"note": note},
    )
    text = json.dumps(
        {"__metadata__": {FORMAT: header.to_json("0", SafetensorsHeader({}, {}, 0))}}
    ).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    return path


def test_checkpoints_are_those_that_made_the_sweeps(tmp_path: Path) -> None:
    ones = {"a": {"c": np.ones(9, np.float32)}}
    run = tmp_path / "run"
    run.mkdir()
    file = write_checkpoint(run / "checkpoint.safetensors", "cnn7", ("a", "b"))
    other = write_checkpoint(tmp_path / "other.safetensors", "cnn7", ("a", "b"), "later")
    folder = write_sweep(tmp_path / "s" / "one", "cnn7", ones)
    write_sweep(tmp_path / "s" / "two", "dilated", ones)
    # a sweep that does not name its checkpoint is matched with one that could have made it
    assert open_sources([tmp_path / "s"], checkpoints=[other]).checkpoints == {
        "cnn7": other.resolve()
    }
    record = json.loads((folder / "sweep.json").read_text())
    record["checkpoint"]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "sweep.json").write_text(json.dumps(record))
    for given in (file, run):
        found = open_sources([tmp_path / "s"], checkpoints=[given]).checkpoints
        assert found == {"cnn7": file.resolve()}
    foreign = write_checkpoint(tmp_path / "x.safetensors", "dilated", ("z",))
    for given in (other, foreign):
        with pytest.raises(CheckpointError, match=r"made none of the sweeps .*CNN7, DILATED"):
            open_sources([tmp_path / "s"], checkpoints=[given])


def test_networks_of_ones_own_are_matched_by_what_made_the_sweep(tmp_path: Path) -> None:
    ones = {"a": {"c": np.ones(9, np.float32)}}
    for name, made in (
        ("named", {"function": "m:f", "settings": {"w": "x", "n": 3}, "weights": "1"}),
        ("object", {"weights": "2"}),
        ("trained", {"sha256": "0" * 64, "weights": "3"}),
    ):
        folder = write_sweep(tmp_path / "s" / name, name, ones)
        record = json.loads((folder / "sweep.json").read_text())
        record["checkpoint"] |= made
        (folder / "sweep.json").write_text(json.dumps(record))
    same = NetworkName("m:f", ["n=3", "w=x"])
    found = open_sources([tmp_path / "s"], checkpoints=[same]).checkpoints
    assert found == {"named": SweptNetwork(same, "1")}
    other = NetworkName("m:f", "n=4")  # the sweep of an object may be its, by its weights
    found = open_sources([tmp_path / "s"], checkpoints=[other]).checkpoints
    assert found == {"object": SweptNetwork(other, "2")}
    with pytest.raises(NetworkError, match=r"m:f n=4 made none of the sweeps given \(of named"):
        open_sources([tmp_path / "s" / "named"], checkpoints=[other])


def test_models_trained_on_another_dataset_are_found(world: World, tmp_path: Path) -> None:
    dataset = Dataset.open(world.folder / "data")
    ones = {"a": {"c": np.ones(9, np.float32)}}
    for name, digest in [("ours", dataset_digest(dataset)), ("theirs", "0" * 64), ("silent", None)]:
        folder = write_sweep(tmp_path / name, name, ones)
        record = json.loads((folder / "sweep.json").read_text())
        record["checkpoint"]["dataset"] = digest
        (folder / "sweep.json").write_text(json.dumps(record))
    models = build_catalog([tmp_path]).models
    assert len(models) == 3
    assert trained_elsewhere(models, dataset) == {"theirs"}
