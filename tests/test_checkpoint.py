from __future__ import annotations

import dataclasses
import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from regtrack.checkpoint import (
    Checkpoint,
    CheckpointHeader,
    load_checkpoint,
    model_digest,
    read_header,
    save_checkpoint,
    style_checkpoints,
)
from regtrack.checkpoint_header import FORMAT
from regtrack.errors import CheckpointError, OutputError
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.model_style import style_of
from regtrack.models.registry import MODELS, build_model
from regtrack.training.run import RunFolder

MARKERS = (
    Marker("GM12878_CTCF", "TF", "GM12878", "CTCF"),
    Marker("K562_DNase", "DNase", "K562", "DNase", "none"),
)
ASSEMBLY = Assembly(("chr1", "chrÄ"), (1_000, 70_000))
TRAINING: dict[str, Any] = {"epochs": 3, "valid": {"TF": 0.25, "DNase": None}, "note": "naïve"}


def make(name: str = "dilated", **settings: Any) -> Checkpoint:
    torch.manual_seed(0)
    model = build_model(name, 2, hidden=6, **settings)
    return Checkpoint(model, MARKERS, ASSEMBLY, 25_000, TRAINING)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "run" / "checkpoint.safetensors"
    save_checkpoint(path, make(channels=[4, 5, 3]))
    return path


@pytest.mark.parametrize("name", MODELS)
def test_a_round_trip_keeps_everything(tmp_path: Path, name: str) -> None:
    checkpoint = make(name, width=5)
    checkpoint.model.train().stage_logits(torch.randint(0, 4, (2, 99), dtype=torch.uint8))
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, checkpoint)
    loaded = load_checkpoint(path)
    codes = torch.randint(0, 5, (2, 333), dtype=torch.uint8)

    assert loaded.header == checkpoint.header == read_header(path)
    assert loaded.path == path
    assert loaded.model.config == checkpoint.model.config
    assert not any(module.training for module in loaded.model.modules())
    with torch.inference_mode():
        assert torch.equal(loaded.model.logits(codes), checkpoint.model.eval().logits(codes))


def test_the_header_needs_no_torch(saved: Path) -> None:
    code = (
        "import sys; from regtrack.checkpoint_header import read_header; "
        f"print(read_header({str(saved)!r}).model, 'torch' in sys.modules, "
        "'safetensors' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["dilated", "False", "False"]


def test_any_safetensors_reader_sees_the_record(saved: Path) -> None:
    with safe_open(saved, framework="pt") as file:
        record = json.loads(file.metadata()[FORMAT])
        assert file.get_tensor("head.output.weight").shape == (2, 6)

    assert record["version"] == 1
    assert record["model"]["name"] == "dilated"
    assert record["model"]["config"]["channels"] == [4, 5, 3]
    assert record["markers"][0]["name"] == "GM12878_CTCF"
    assert record["assembly"] == {"names": ["chr1", "chrÄ"], "lengths": [1_000, 70_000]}
    assert record["window"] == 25_000
    assert record["training"] == TRAINING


def test_equal_checkpoints_are_byte_identical(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "a", make())
    save_checkpoint(tmp_path / "b", make())

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_loading_leaves_the_random_generator(saved: Path) -> None:
    before = torch.get_rng_state()
    load_checkpoint(saved)

    assert torch.equal(torch.get_rng_state(), before)


def test_an_existing_checkpoint_is_kept_unless_overwrite_is_set(saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        save_checkpoint(saved, make("cnn1"))
    assert saved.read_bytes() == before

    save_checkpoint(saved, make("cnn1"), overwrite=True)
    assert read_header(saved).model == "cnn1"


def test_a_record_that_is_not_json_serialisable_writes_nothing(tmp_path: Path) -> None:
    for wrong in ({"score": float("nan")}, {"path": tmp_path}):
        checkpoint = dataclasses.replace(make(), training=wrong)
        with pytest.raises(CheckpointError, match="cannot be written as JSON"):
            save_checkpoint(tmp_path / "a", checkpoint)
    assert list(tmp_path.iterdir()) == []


def refused(path: Path, message: str, *, header_too: bool = True) -> None:
    for read in [load_checkpoint, read_header] if header_too else [load_checkpoint]:
        with pytest.raises(CheckpointError, match=message) as caught:
            read(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    refused(tmp_path / "none.safetensors", "no checkpoint at")
    refused(tmp_path, "is a folder without checkpoint.safetensors; expected")


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickle_is_refused_unread(tmp_path: Path, legacy: bool) -> None:
    path = tmp_path / "last.ckpt"
    torch.save({"a": torch.zeros(9)}, path, _use_new_zipfile_serialization=not legacy)

    refused(path, "is a (PyTorch|Python) pickle; regtrack never loads one")


@pytest.mark.parametrize("content", [b"", b"abc", b">chr1\nACGTACGTACGT\n", b"\0" * 100, b"[]" * 9])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)

    refused(path, "not a safetensors file")


@pytest.mark.parametrize(
    "header", [b"[]", b'{"a": 3}', b'{"a": {}}', b'{"a": {"data_offsets": 1}}']
)
def test_a_header_of_another_shape_is_refused(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(struct.pack("<Q", len(header)) + header)

    refused(path, "not a safetensors file|incomplete")


def test_a_truncated_file_is_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    for length in (20, 200, len(whole) // 2, len(whole) - 1):
        saved.write_bytes(whole[:length])
        refused(saved, "incomplete")
    saved.write_bytes(whole + b"x")
    refused(saved, "incomplete")


def test_other_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    for metadata in (None, {"format": "pt"}):
        save_file({"a": torch.zeros(2)}, path, metadata)
        refused(path, "no record by regtrack")


def rewrite(path: Path, **changes: Any) -> None:
    """Change fields of the record and keep the weights."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        record = json.loads(file.metadata()[FORMAT]) | changes
    record = {key: value for key, value in record.items() if value is not None}
    save_file(tensors, path, {FORMAT: json.dumps(record)})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "version 2 and this regtrack reads up to 1; update regtrack"),
        ({"version": "new"}, "header is damaged"),
        ({"window": None}, "header is damaged .*window"),
        ({"window": 0}, "window is 0 bp"),
        ({"markers": []}, "found none; expected at least one marker"),
        ({"markers": [MARKERS[0].to_dict()] * 2}, "found GM12878_CTCF twice"),
        ({"markers": [{"name": "a"}]}, "header is damaged .*marker lacks"),
        ({"assembly": {"names": ["a"], "lengths": []}}, "header is damaged"),
        ({"model": "dilated"}, "header is damaged"),
        ({"training": 3}, "header is damaged"),
    ],
)
def test_a_wrong_record_is_refused(saved: Path, changes: dict[str, Any], message: str) -> None:
    rewrite(saved, **changes)

    refused(saved, message)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"name": "dilatd", "config": {}}, 'no model is called "dilatd".*Did you mean'),
        ({"name": "dilated", "config": {"depth": 1}}, 'no setting "depth"'),
        ({"name": "dilated", "config": {"hidden": "6"}}, '`hidden` is "6"'),
        ({"name": "dilated", "config": {}}, r"tensor head.hidden.bias is \(6,\); .* has \(125,\)"),
        ({"name": "cnn1", "config": {"channels": [4], "hidden": 6}}, "of its header has"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    saved: Path, model: dict[str, Any], message: str
) -> None:
    rewrite(saved, model=model)

    assert read_header(saved).model == model["name"]
    refused(saved, message, header_too=False)


def test_a_flipped_bit_of_a_weight_is_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    for place in (len(whole) - 1, len(whole) - 4_321 % (len(whole) // 2)):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        saved.write_bytes(damaged)
        refused(saved, "weights are damaged.*copy it again", header_too=False)


def test_the_digest_is_that_of_the_loaded_network(saved: Path) -> None:
    with safe_open(saved, framework="pt") as file:
        kept = json.loads(file.metadata()[FORMAT])["weights"]
    assert model_digest(load_checkpoint(saved).model) == kept


def test_a_checkpoint_without_a_digest_is_accepted(saved: Path) -> None:
    model = load_checkpoint(saved).model
    rewrite(saved, weights=None)
    again = load_checkpoint(saved).model
    for one, other in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_markers_must_fit_the_model() -> None:
    with pytest.raises(CheckpointError, match="predicts 2 markers, but 1 are named"):
        dataclasses.replace(make(), markers=MARKERS[:1])


def test_a_header_is_a_value() -> None:
    header = make().header

    assert CheckpointHeader.from_json(header.to_json()) == header
    with pytest.raises(dataclasses.FrozenInstanceError):
        header.window = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("training", "digest"),
    [
        ({"dataset": {"path": "data", "digest": "5946"}}, "5946"),
        ({"dataset": {"path": "data"}}, None),
        ({"dataset": "data"}, None),
        ({"dataset": {"digest": 5946}}, None),
        ({}, None),
    ],
)
def test_what_it_was_trained_on(training: dict[str, Any], digest: str | None) -> None:
    assert dataclasses.replace(make().header, training=training).trained_on == digest


def test_checkpoints_are_named_by_network_pooling_and_folder(
    tmp_path: Path,
) -> None:
    def saved_as(file: str, name: str, **settings: Any) -> Checkpoint:
        save_checkpoint(tmp_path / file, make(name, **settings))
        return load_checkpoint(tmp_path / file)

    cnn3 = saved_as("cnn3/checkpoint.safetensors", "cnn3")
    again = saved_as("again/checkpoint.safetensors", "cnn3")
    pooled = saved_as("max/checkpoint.safetensors", "dilated", pooling="max")
    loose = saved_as("max/other.safetensors", "cnn3")

    found = style_checkpoints([cnn3, pooled])
    assert list(found) == [style_of("cnn3"), style_of("dilated", {"pooling": "max"})]
    assert list(found.values()) == [cnn3, pooled]
    assert [style.title for style in style_checkpoints([cnn3, again, pooled, loose])] == [
        "CNN3 (cnn3)",
        "CNN3 (again)",
        "DILATED, max pooling",
        "CNN3 (other)",
    ]
    unsaved = [make("cnn3"), make("cnn3")]
    assert [style.title for style in style_checkpoints(unsaved)] == ["CNN3 (1)", "CNN3 (2)"]
    with pytest.raises(CheckpointError, match="is named twice"):
        style_checkpoints([cnn3, load_checkpoint(tmp_path / "cnn3" / "checkpoint.safetensors")])
    with pytest.raises(CheckpointError, match="no checkpoint"):
        style_checkpoints([])


def test_the_folder_of_a_run_is_its_checkpoint(
    saved: Path, caplog: pytest.LogCaptureFixture
) -> None:
    loaded = load_checkpoint(saved.parent)
    assert loaded.path == saved
    assert loaded.header == load_checkpoint(saved).header == read_header(str(saved.parent))
    (saved.parent / "training.json").write_text('{"status": "finished"}')
    assert load_checkpoint(saved.parent).path == saved
    assert not caplog.messages


def test_an_unfinished_run_has_its_best_network_so_far(
    saved: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (saved.parent / "training.json").write_text('{"status": "unfinished"}')
    assert load_checkpoint(saved.parent).path == saved
    assert caplog.messages == [
        f"the run in {saved.parent} is not finished; using its best network so far"
    ]


def test_an_interrupted_run_without_a_checkpoint_says_so(tmp_path: Path) -> None:
    RunFolder(tmp_path / "run").start({"model": "cnn1"})
    refused(tmp_path / "run", "interrupted in its first epoch and has no checkpoint yet")
