"""The state file of a run: whole or refused, and a full disk is an error of one line."""

from __future__ import annotations

import resource
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from regtrack.errors import OutputError, TrainingError
from regtrack.models.registry import build_model
from regtrack.training.history import Epoch
from regtrack.training.state import HISTORY_KEY, StateFile, read_history, run_digest

EPOCH = Epoch(epoch=1, learning_rate=0.1, train_loss=1.0, valid_loss=2.0,
              categories={"TF": 0.5}, seconds=1.0)  # fmt: skip
OURS = {"run": "this", "history": [EPOCH.to_dict()]}
STATE = {
    "callbacks": {HISTORY_KEY: OURS},
    "state_dict": {"weight": torch.arange(5000.0), "half": torch.ones(2, 3, dtype=torch.bfloat16)},
    "optimizer_states": [{"state": {0: {"step": torch.tensor(4.0)}}, "betas": (0.9, 0.999)}],
}


def test_a_flipped_bit_of_a_weight_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    StateFile().save_checkpoint(STATE, path)
    assert read_history(path, "this") == [EPOCH]
    content = path.read_bytes()
    at = content.index(torch.arange(5000.0)[100:200].numpy().tobytes())
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    with pytest.raises(TrainingError, match="does not match its checksum"):
        read_history(path, "this")
    path.write_bytes(content[:-30])
    with pytest.raises(TrainingError, match="cannot be read"):
        read_history(path, "this")


@pytest.mark.parametrize(
    "changes",
    [
        {"state_dict": STATE["state_dict"] | {"weight": torch.arange(5000.0) + 1}},
        {"state_dict": STATE["state_dict"] | {"weight": torch.arange(5000.0).reshape(50, 100)}},
        {"state_dict": {"weights": torch.arange(5000.0), "half": torch.ones(2, 3)}},
        {"state_dict": {}},
        {"optimizer_states": [{"state": {0: {"step": torch.tensor(5.0)}}, "betas": (0.9, 0.999)}]},
        {"optimizer_states": [{"state": {}, "betas": (0.9, 0.99)}]},
        {"optimizer_states": []},
        {"callbacks": {HISTORY_KEY: {**OURS, "history": []}}},
        {"loops": {}},
    ],
)
def test_a_state_that_this_run_did_not_write_is_refused(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    """Its checksums fit, as in a file that another program wrote again."""
    path = tmp_path / "last.ckpt"
    StateFile().save_checkpoint(STATE, path)
    sealed = torch.load(path, weights_only=True)
    assert read_history(path, "this")
    torch.save({**sealed, **changes}, path)
    with pytest.raises(TrainingError, match=r"does not match its \"digest\": it has changed"):
        read_history(path, "this")


def test_a_state_of_another_run_or_without_finite_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    StateFile().save_checkpoint(STATE, path)
    with pytest.raises(TrainingError, match="of another run, with other settings"):
        read_history(path, "that")
    weights = {"weight": torch.tensor([1.0, torch.nan])}
    StateFile().save_checkpoint({**STATE, "state_dict": weights}, path)
    with pytest.raises(TrainingError, match="tensor weight has values that are NaN or infinite"):
        read_history(path, "this")


def test_a_run_is_its_request_and_the_tensors_of_its_network() -> None:
    first, other = build_model("cnn1", 2), build_model("cnn1", 3)
    assert run_digest({"seed": 1}, first) == run_digest({"seed": 1}, build_model("cnn1", 2))
    assert run_digest({"seed": 1}, first) != run_digest({"seed": 2}, first)
    assert run_digest({"seed": 1}, first) != run_digest({"seed": 1}, other)


@pytest.mark.parametrize("history", [None, [{}], [{**EPOCH.to_dict(), "epoch": "1"}], {"a": 1}])
def test_a_history_of_wrong_types_is_refused(tmp_path: Path, history: object) -> None:
    path = tmp_path / "last.ckpt"
    ours = {**OURS, "history": history}
    StateFile().save_checkpoint({**STATE, "callbacks": {HISTORY_KEY: ours}}, path)
    with pytest.raises(TrainingError, match="cannot be read"):
        read_history(path, "this")


def test_a_file_that_cannot_grow_is_an_error_of_one_line(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"cannot write .*last\.ckpt: "):
            StateFile().save_checkpoint(STATE, tmp_path / "last.ckpt")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert list(tmp_path.iterdir()) == []
