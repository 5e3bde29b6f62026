"""Devices, precisions, and messages for running out of memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from regtrack.errors import DeviceError, OutOfMemoryError
from regtrack.predict.device import pick_device
from regtrack.predict.forward import scores_of_codes


def test_tests_and_their_subprocesses_see_no_gpu() -> None:
    """Otherwise "auto" would use it."""
    code = "import os; print(repr(os.environ['CUDA_VISIBLE_DEVICES']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "''"
    assert not torch.cuda.is_available()


def test_devices() -> None:
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device().type in {"cpu", "cuda"}
    for name in ("graphics", "cuda:99", "meta", "hpu", "cpu:1", ""):
        with pytest.raises(DeviceError, match="cannot be used here"):
            pick_device(name)


def test_an_unknown_precision_is_refused(model: nn.Module, codes: np.ndarray) -> None:
    with pytest.raises(DeviceError, match='"fp16"; expected fp32 or bf16'):
        scores_of_codes(model, codes, precision="fp16")


@pytest.mark.parametrize(
    "problem",
    [
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("GET was unable to find an engine to execute this computation"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
    ],
)
def test_too_little_memory_says_what_to_do(
    model: nn.Module, codes: np.ndarray, monkeypatch: pytest.MonkeyPatch, problem: RuntimeError
) -> None:
    def fail(*_: Tensor) -> Tensor:
        raise problem

    monkeypatch.setattr(model, "logits", fail)
    with pytest.raises(OutOfMemoryError, match=r"on cpu with 2 x 73 bp .* smaller `batch_size`"):
        scores_of_codes(model, codes)


def test_other_errors_are_not_changed(model: nn.Module, codes: np.ndarray) -> None:
    with pytest.raises(IndexError):
        scores_of_codes(model, codes + 9)
