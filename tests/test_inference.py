"""The model is borrowed and given back; scores are what the model says."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from regtrack.errors import PlanError
from regtrack.inference import borrowed, pick_device, scores, sigmoid
from regtrack.models.registry import build_model

CPU = torch.device("cpu")


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return build_model("cnn3", 5)


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 5, (2, 73), dtype=np.uint8)


def state(model: nn.Module) -> list[object]:
    return [
        [(name, module.training) for name, module in model.named_modules()],
        [(name, p.device, p.requires_grad, p.data_ptr()) for name, p in model.named_parameters()],
    ]


def test_a_borrowed_model_comes_back_as_it_was(model: nn.Module) -> None:
    model.train()
    model.head.eval()  # a part that was frozen by itself
    next(model.parameters()).requires_grad_(False)
    before = state(model)
    with borrowed(model, CPU) as lent:
        assert lent is model
        assert not any(module.training for module in model.modules())
    assert state(model) == before


def test_also_after_an_exception(model: nn.Module) -> None:
    before = state(model.train())
    with pytest.raises(ZeroDivisionError), borrowed(model, CPU):
        _ = 1 / 0
    assert state(model) == before


def test_a_move_to_a_device_is_undone(model: nn.Module) -> None:
    class Moves(nn.Module):
        """Remembers where it was sent."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))
            self.went: list[str] = []

        def to(self, device: torch.device) -> Moves:
            self.went.append(str(device))
            return self

    moves = Moves()
    with borrowed(moves, torch.device("cuda:3")):
        pass
    assert moves.went == ["cuda:3", "cpu"]


def test_tests_and_what_they_start_see_no_gpu() -> None:
    """Where there is one, "auto" would take it."""
    ask = "import os; print(repr(os.environ['CUDA_VISIBLE_DEVICES']))"
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "''"
    assert not torch.cuda.is_available()


def test_scores_are_the_sigmoid_of_the_logits(model: nn.Module, codes: np.ndarray) -> None:
    found = scores(model, codes)
    model.eval()
    with torch.inference_mode():
        expected = torch.sigmoid(model.logits(torch.as_tensor(codes)))
    assert found.dtype == np.float32
    assert found.shape == (2, 5, 73)
    np.testing.assert_array_equal(found, expected.numpy())


def test_scores_do_not_depend_on_the_mode_and_keep_it(model: nn.Module, codes: np.ndarray) -> None:
    training = scores(model.train(), codes)
    assert model.training
    np.testing.assert_array_equal(training, scores(model.eval(), codes))
    assert not model.training


def test_chosen_markers_come_in_the_order_asked_for(model: nn.Module, codes: np.ndarray) -> None:
    every = scores(model, codes)
    np.testing.assert_allclose(
        scores(model, codes, markers=[3, 1]), every[:, [3, 1]], rtol=1e-5, atol=1e-7
    )


def test_bf16_is_near_fp32_and_not_the_same(model: nn.Module, codes: np.ndarray) -> None:
    full = scores(model, codes)
    half = scores(model, codes, precision="bf16")
    assert half.dtype == np.float32
    assert 0 < np.abs(half - full).max() < 0.05


@pytest.mark.parametrize("count", [5, 16_384, 100_003])
def test_scores_do_not_depend_on_the_threads(count: int) -> None:
    logits = torch.randn(3, count, generator=torch.Generator().manual_seed(0)) * 4
    found = []
    before = torch.get_num_threads()
    try:
        for threads in (1, 2, 3, 7):
            torch.set_num_threads(threads)
            found.append(sigmoid(logits.clone()))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(found[0], other) for other in found)
    torch.testing.assert_close(found[0], logits.sigmoid(), rtol=1e-6, atol=0)


def test_the_settings_of_the_process_come_back(model: nn.Module, codes: np.ndarray) -> None:
    torch.set_float32_matmul_precision("high")
    try:
        scores(model, codes)
        assert torch.get_float32_matmul_precision() == "high"
        assert torch.backends.cudnn.allow_tf32
        assert torch.is_grad_enabled()
    finally:
        torch.set_float32_matmul_precision("highest")


SWITCHES = """
import os, torch
from regtrack.inference import _exact_products

def state():
    found = [torch._C._get_fp32_precision_getter("cuda", name) for name in ("conv", "rnn")]
    # before anything is set, products are exact without being said to be
    products = torch._C._get_fp32_precision_getter("cuda", "matmul").replace("none", "ieee")
    cudnn = torch.backends.cudnn
    return [*found, products, cudnn.benchmark, cudnn.deterministic]

for change in (
    "pass",
    "torch.set_float32_matmul_precision('high')",
    "torch.backends.fp32_precision = 'tf32'",
    "torch.backends.cudnn.fp32_precision = 'tf32'",
    "torch.backends.cuda.matmul.fp32_precision = 'tf32'",
    "torch.backends.cudnn.conv.fp32_precision = 'ieee'",
    "torch.backends.cudnn.benchmark = True",
):
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] == 0, change
        continue
    exec(change)
    before = state()
    with _exact_products():
        assert "tf32" not in state()
        assert state()[2:] == ["ieee", False, True]
    assert state() == before
    os._exit(0)
"""


@pytest.mark.skipif(
    not hasattr(torch.backends.cuda.matmul, "fp32_precision"), reason="torch before 2.9"
)
def test_products_are_exact_whichever_switches_the_process_uses() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SWITCHES], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


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
    with pytest.raises(PlanError, match=r"on cpu with 2 x 73 bp .* smaller --batch-size"):
        scores(model, codes)


def test_other_errors_stay_what_they_are(model: nn.Module, codes: np.ndarray) -> None:
    with pytest.raises(IndexError):
        scores(model, codes + 9)


def test_a_precision_that_does_not_exist(model: nn.Module, codes: np.ndarray) -> None:
    with pytest.raises(PlanError, match='"fp16"; expected fp32 or bf16'):
        scores(model, codes, precision="fp16")


def test_devices() -> None:
    assert pick_device("cpu") == CPU
    assert pick_device().type in {"cpu", "cuda"}
    for name in ("graphics", "cuda:99", "meta", "hpu", "cpu:1", ""):
        with pytest.raises(PlanError, match="cannot be used here"):
            pick_device(name)
