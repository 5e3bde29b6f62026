"""Products of float32 in full, whatever the process allows elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch


@contextmanager
def exact_products() -> Iterator[None]:
    """Products of float32 in full and alike at every run, whatever the process allows elsewhere.

    The switches are the whole process's: as long as anybody needs them so, they stay.
    """
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    with ExitStack() as before:
        _switch(before, cudnn, "benchmark", False)
        _switch(before, cudnn, "deterministic", True)
        try:
            general = torch.get_float32_matmul_precision()
            _switch(before, cudnn, "allow_tf32", False)
        except RuntimeError:  # the process uses the switches of torch 2.9, which bar these
            for library in (matmul, cudnn.conv, cudnn.rnn):  # type: ignore[attr-defined]
                _switch(before, library, "fp32_precision", "ieee")
        else:
            before.callback(torch.set_float32_matmul_precision, general)
            torch.set_float32_matmul_precision("highest")
        yield


def _switch(before: ExitStack, place: Any, name: str, value: object) -> None:
    """Set an attribute until the stack is left."""
    before.callback(setattr, place, name, getattr(place, name))
    setattr(place, name, value)
