"""The state file of a run: whole or refused, and a full disk is an error of one line."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import pytest
import torch

from regtrack.errors import OutputError, TrainingError
from regtrack.training.history import Epoch
from regtrack.training.state import HISTORY_KEY, StateFile, read_history

EPOCH = Epoch(epoch=1, learning_rate=0.1, train_loss=1.0, valid_loss=2.0,
              categories={"TF": 0.5}, seconds=1.0)  # fmt: skip
STATE = {
    "callbacks": {HISTORY_KEY: {"history": [EPOCH.to_dict()]}},
    "state_dict": {"weight": torch.arange(5000.0)},
}


def test_a_flipped_bit_of_a_weight_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    StateFile().save_checkpoint(STATE, path)
    assert read_history(path) == [EPOCH]
    content = path.read_bytes()
    at = content.index(torch.arange(5000.0)[100:200].numpy().tobytes())
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    with pytest.raises(TrainingError, match="does not match its checksum"):
        read_history(path)
    path.write_bytes(content[:-30])
    with pytest.raises(TrainingError, match="cannot be read"):
        read_history(path)


@pytest.mark.parametrize("history", [None, [{}], [{**EPOCH.to_dict(), "epoch": "1"}], {"a": 1}])
def test_a_history_of_wrong_types_is_refused(tmp_path: Path, history: object) -> None:
    path = tmp_path / "last.ckpt"
    StateFile().save_checkpoint({**STATE, "callbacks": {HISTORY_KEY: {"history": history}}}, path)
    with pytest.raises(TrainingError, match="cannot be read"):
        read_history(path)


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
