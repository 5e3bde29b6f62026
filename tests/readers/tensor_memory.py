"""The memory of tensors during a call, as torch's profiler sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from torch.profiler import ProfilerActivity, profile


def peak_memory(work: Callable[[], object], folder: Path) -> int:
    """The peak memory of tensors during a call (bytes)."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        work()
    profiled.export_chrome_trace(str(folder / "trace.json"))
    events = json.loads((folder / "trace.json").read_text())["traceEvents"]
    changes = [event for event in events if event["name"] == "[memory]"]
    changes.sort(key=lambda event: event["ts"])
    return int(np.cumsum([change["args"]["Bytes"] for change in changes]).max())
