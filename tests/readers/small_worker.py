"""A Dask worker whose chunks are small and take a while, so that it can be killed in the middle."""

from __future__ import annotations

import time
from typing import Any

import torch
from distributed.cli.dask_worker import main

from regtrack.sweep import chunks, engine


def work(*words: str) -> None:
    """Work for a scheduler, as `dask worker` does with these words."""
    write = engine.write_shard

    def slowly(*arguments: Any) -> None:
        time.sleep(0.05)
        write(*arguments)

    torch.set_num_threads(1)
    chunks.CHUNK = 1_000
    engine.write_shard = slowly
    main(words)


def schedule(*words: str) -> None:
    """Be a scheduler, as `dask scheduler` is with these words."""
    from distributed.cli.dask_scheduler import main

    main(words)
