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
from hypothesis import HealthCheck, given, settings, strategies as st
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
from regtrack.files.records import to_text
from regtrack.files.safetensors_header import SafetensorsHeader
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.model_style import style_of
from regtrack.models.registry import DENSE, build_model
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


@pytest.mark.parametrize("name", DENSE)
def test_a_round_trip_keeps_everything(tmp_path: Path, name: str) -> None:
    checkpoint = make(name, width=5)
    checkpoint.model.train().stages(torch.randint(0, 4, (2, 99), dtype=torch.uint8))
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


def test_loading_loads_no_compiler_of_torch(saved: Path) -> None:
    """It comes with sympy and takes seconds: see `regtrack.checkpoint._Uninitialised`."""
    code = (
        "import sys; from regtrack.checkpoint import load_checkpoint; "
        f"print(load_checkpoint({str(saved)!r}).model.name, 'sympy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["dilated", "False"]


def test_any_safetensors_reader_sees_the_record(saved: Path) -> None:
    with safe_open(saved, framework="pt") as file:
        record = json.loads(file.metadata()[FORMAT])
        assert file.get_tensor("head.output.weight").shape == (2, 6)

    assert record["version"] == 2
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
    refused(Path("/dev/null"), "is a pipe or a device; save it to a file")
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

    refused(path, "not a safetensors file|incomplete|damaged header")


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
    """Change fields of the record, seal it again, and keep the weights."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        record = json.loads(file.metadata()[FORMAT]) | changes
    record = {key: value for key, value in record.items() if value is not ...}
    text = to_text(record) if record["version"] != 1 else json.dumps(record)
    save_file(tensors, path, {FORMAT: text})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 3}, "version 3 and this regtrack reads up to 2; update regtrack"),
        ({"version": "new"}, '"version" is a string; expected a whole number'),
        ({"window": None}, '"window" is null; expected a whole number'),
        ({"window": ...}, '"window" is missing'),
        ({"window": 0}, "window is 0 bp"),
        ({"window": 10**15}, "window is 1,000,000,000,000,000 bp"),
        ({"markers": []}, "found none; expected at least one marker"),
        ({"markers": [MARKERS[0].to_dict()] * 2}, "found GM12878_CTCF twice"),
        ({"markers": [{"name": "a"}]}, r'"markers\[0\].category" is missing'),
        ({"markers": [{**MARKERS[0].to_dict(), "name": "../a"}]}, "cannot name a marker"),
        ({"assembly": {"names": ["a"], "lengths": []}}, "1 names and 0 lengths"),
        ({"assembly": {"names": ["a"], "lengths": [None]}}, r'"assembly.lengths\[0\]" is null'),
        ({"model": "dilated"}, '"model" is a string; expected an object'),
        ({"model": {"name": None, "config": {}}}, '"model.name" is null'),
        ({"training": 3}, '"training" is a whole number; expected an object'),
        ({"weights": ...}, 'lacks "weights" or "tensors"'),
        ({"tensors": "sha256:0"}, "tensors are not where they were written"),
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
        ({"name": "dilated", "config": {"name": "x"}}, 'no setting "name"'),
        (
            {"name": "dilated", "config": {"width": 10**9}},
            "`width` is 1,000,000,000; expected at most 1,000",
        ),
        ({"name": "dilated", "config": {"dilations": [1] * 99}}, "expected at most 32"),
        (
            {"name": "dilated", "config": {}},
            r"bias is F32 \(6,\); the DILATED of its header has F32 \(125,",
        ),
        ({"name": "cnn1", "config": {"channels": [4], "hidden": 6}}, "of its header has"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    saved: Path, model: dict[str, Any], message: str
) -> None:
    rewrite(saved, model=model)

    assert read_header(saved).model == model["name"]
    refused(saved, message, header_too=False)


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_anywhere_is_refused(saved: Path, place: float, bit: int) -> None:
    whole, header = saved.read_bytes(), read_header(saved)
    flipped = bytearray(whole)
    flipped[int(place * len(whole))] ^= 1 << bit
    saved.write_bytes(flipped)
    try:
        assert load_checkpoint(saved).header == header  # an escape in capitals is the same letter
    except CheckpointError as error:
        assert str(saved) in str(error)
    else:
        assert b"\\u" in whole[int(place * len(whole)) - 5 :][:10]
    finally:
        saved.write_bytes(whole)


def test_a_changed_weight_is_refused(saved: Path) -> None:
    whole = bytearray(saved.read_bytes())
    whole[-1] ^= 1
    saved.write_bytes(whole)
    refused(saved, "weights are damaged.*copy it again", header_too=False)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    checkpoint = make(channels=[4, 5, 3])
    with torch.no_grad():
        checkpoint.model.head.output.weight[1, 2] = value
    save_checkpoint(tmp_path / "a", checkpoint)
    message = r"tensor head.output.weight has 1 of 12 values that are NaN or infinite"
    refused(tmp_path / "a", message, header_too=False)


def test_a_header_that_announces_a_large_network_allocates_nothing(saved: Path) -> None:
    large = {"hidden": 65_536, "channels": [65_536] * 3, "width": 1000}  # petabytes
    rewrite(saved, model={"name": "dilated", "config": large})
    refused(saved, r"tensor head.hidden.bias is F32 \(6,\); .* \(65536,\)", header_too=False)


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        ({"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}, "header announces"),
        ({"dtype": "F32", "shape": [2**40], "data_offsets": [0, 8]}, "has 8 bytes; it needs"),
        ({"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}, "a gap before tensor a"),
        ({"dtype": "F32", "shape": [-2], "data_offsets": [0, -8]}, "impossible shape"),
        ({"dtype": "F33", "shape": [2], "data_offsets": [0, 8]}, "tensor a: it is of type F33"),
        ({"dtype": "F32", "shape": "2", "data_offsets": [0, 8]}, 'tensor a: "shape" is a string'),
        (
            {"dtype": "F32", "shape": [2], "data_offsets": [0]},
            '"data_offsets" is of length 1',
        ),
    ],
)
def test_a_lying_safetensors_header_is_refused(
    tmp_path: Path, tensor: dict[str, Any], message: str
) -> None:
    path = tmp_path / "a"
    header = json.dumps({"a": tensor}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))
    refused(path, message)


def test_the_digest_is_that_of_the_loaded_network(saved: Path) -> None:
    with safe_open(saved, framework="pt") as file:
        kept = json.loads(file.metadata()[FORMAT])["weights"]
    assert model_digest(load_checkpoint(saved).model) == kept


def test_a_checkpoint_without_a_digest_is_accepted(saved: Path) -> None:
    model = load_checkpoint(saved).model
    rewrite(saved, version=1, weights=..., tensors=..., digest=...)
    again = load_checkpoint(saved).model
    for one, other in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_markers_must_fit_the_model() -> None:
    with pytest.raises(CheckpointError, match="predicts 2 markers, but 1 are named"):
        dataclasses.replace(make(), markers=MARKERS[:1])


def test_a_header_is_a_value() -> None:
    header = make().header

    assert CheckpointHeader.from_json(header.to_json("0", SafetensorsHeader({}, {}, 0))) == header
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
