"""Sweeps in small chunks, to be stopped in the middle; loaded once for all of them."""

from __future__ import annotations

import signal
import sys
from typing import Any

import torch

from regtrack.sweep import chunks
from regtrack.sweep.run import predict_genome


def sweep(checkpoint: str, reference: str, out: str, options: dict[str, Any]) -> None:
    """Sweep in chunks of 500 bp, and end by SIGTERM as the command line does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    torch.set_num_threads(1)
    chunks.CHUNK = 500
    predict_genome(checkpoint, reference, out, **options)
