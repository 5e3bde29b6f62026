"""Products are exact, and the settings of the process are restored."""

from __future__ import annotations

import forked
import numpy as np
import pytest
import torch
from torch import nn

from regtrack.predict.forward import scores_of_codes


def test_the_settings_of_the_process_are_restored(model: nn.Module, codes: np.ndarray) -> None:
    torch.set_float32_matmul_precision("high")
    try:
        scores_of_codes(model, codes)
        assert torch.get_float32_matmul_precision() == "high"
        assert torch.backends.cudnn.allow_tf32
        assert torch.is_grad_enabled()
    finally:
        torch.set_float32_matmul_precision("highest")


SWITCHES = """
import os, torch
from regtrack.predict.products import exact_products

def state():
    found = [torch._C._get_fp32_precision_getter("cuda", name) for name in ("conv", "rnn")]
    # before anything is set, products are exact although the setting says "none"
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
    with exact_products():
        assert "tf32" not in state()
        assert state()[2:] == ["ieee", False, True]
    assert state() == before
    os._exit(0)
"""


@pytest.mark.skipif(
    not hasattr(torch.backends.cuda.matmul, "fp32_precision"), reason="torch before 2.9"
)
def test_products_are_exact_whichever_switches_the_process_uses() -> None:
    done = forked.python(SWITCHES)
    assert done.returncode == 0, done.stderr
