"""Matrix products in full float32 precision, without TF32 and without autotuning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch


@contextmanager
def exact_products() -> Iterator[None]:
    """Compute float32 products in full precision and repeatably; the old settings come back.

    The settings belong to the whole process: enter this through `lending.shared_context` if
    several threads compute.
    """
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    with ExitStack() as before:
        _switch(before, cudnn, "benchmark", False)
        _switch(before, cudnn, "deterministic", True)
        try:
            general = torch.get_float32_matmul_precision()
            _switch(before, cudnn, "allow_tf32", False)
        except (
            RuntimeError
        ):  # the process has used the settings of torch 2.9, which forbid the older ones
            for library in (matmul, cudnn.conv, cudnn.rnn):  # type: ignore[attr-defined]
                _switch(before, library, "fp32_precision", "ieee")
        else:
            before.callback(torch.set_float32_matmul_precision, general)
            torch.set_float32_matmul_precision("highest")
        yield


def _switch(before: ExitStack, place: Any, name: str, value: object) -> None:
    """Set an attribute until the stack is exited."""
    before.callback(setattr, place, name, getattr(place, name))
    setattr(place, name, value)
