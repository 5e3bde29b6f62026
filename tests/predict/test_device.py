"""Devices, precisions, and messages for running out of memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from regtrack.errors import DeviceError, OutOfMemoryError
from regtrack.predict.device import check_accelerator, pick_device
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
        with pytest.raises(DeviceError, match=f'`device` is "{name}"; expected auto or cpu'):
            pick_device(name)


def refusal(request: Callable[[], object]) -> str:
    with pytest.raises(DeviceError) as refused:
        request()
    return str(refused.value)


NO_GPU = "; expected auto or cpu; torch finds no GPU: "
GPU_REQUESTS = [
    lambda: pick_device("cuda"),
    lambda: pick_device("cuda:1"),
    lambda: check_accelerator("gpu", "auto"),
    lambda: check_accelerator("cuda", 1),
]


@pytest.mark.parametrize("request_", GPU_REQUESTS)
@pytest.mark.parametrize(
    ("built", "visible", "why"),
    [
        (None, None, f"torch {torch.__version__} was built without CUDA"),
        ("13.0", "", 'CUDA_VISIBLE_DEVICES is "", which hides all of them'),
        ("13.0", "-1", 'CUDA_VISIBLE_DEVICES is "-1", which hides all of them'),
        ("13.0", "1", "Found no NVIDIA driver on your system"),
        ("13.0", None, "Found no NVIDIA driver on your system"),
    ],
)
def test_without_a_gpu_the_reason_is_told(
    request_: Callable[[], object],
    built: str | None,
    visible: str | None,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_driver(*_: object, **__: object) -> None:
        raise RuntimeError("Found no NVIDIA driver on your system. Please check that you have one")

    monkeypatch.setattr(torch.version, "cuda", built)
    monkeypatch.setattr(torch, "empty", no_driver)
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    message = refusal(request_)
    assert message.endswith(NO_GPU + why)
    assert "cuda" not in message.partition("expected")[2].partition(";")[0]


def test_with_gpus_those_there_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    expected = '`device` is "cuda:9"; expected auto, cpu, cuda, cuda:0 or cuda:1'
    assert refusal(lambda: pick_device("cuda:9")) == expected
    expected = "`devices` is 99; expected at most 2: this machine has 2 GPUs"
    for accelerator in ("auto", "gpu"):
        assert refusal(lambda: check_accelerator(accelerator, 99)) == expected  # noqa: B023
        check_accelerator(accelerator, 2)
    expected = '`devices` is "0,2"; expected at most 2: this machine has 2 GPUs'
    assert refusal(lambda: check_accelerator("gpu", "0,2")) == expected
    check_accelerator("gpu", "0,1")


def test_more_processes_than_cores_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    for accelerator in ("auto", "cpu"):
        with pytest.raises(DeviceError, match=r"`devices` is 5; .* this machine has 4 CPU cores"):
            check_accelerator(accelerator, 5)
        for number in (1, 4, "auto", "-1", -1):
            check_accelerator(accelerator, number)
    for number in (0, -2, "", "two", "1.5"):
        with pytest.raises(DeviceError, match=r"`devices` is .*; expected 1 to 4, or auto"):
            check_accelerator("cpu", number)


@pytest.mark.parametrize("accelerator", ["mps", "tpu"])
def test_accelerators_of_other_machines_are_refused(
    accelerator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(DeviceError, match=f'`accelerator` is "{accelerator}"; expected auto or'):
        check_accelerator(accelerator, "auto")


def test_an_unknown_precision_is_refused(model: nn.Module, codes: np.ndarray) -> None:
    with pytest.raises(DeviceError, match='`precision` is "fp16"; expected fp32 or bf16'):
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
