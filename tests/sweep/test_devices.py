"""A sweep on an accelerator: the values of the CPU, and byte-identical when repeated.

`pytest -m gpu` shows a CUDA device to the rows that need one. The processor's rows show that the
tests themselves are right.
"""

from __future__ import annotations

import json
import re
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forked
import numpy as np
import pyBigWig
import pytest
import torch

from regtrack.checkpoint import save_checkpoint
from regtrack.genome.assembly import Assembly
from regtrack.genome.sequence import Codes
from regtrack.models.network import TrackModel
from regtrack.sweep import chunks, job
from regtrack.sweep.run import predict_genome

from .toys import as_checkpoint, grouped, lively_model, random_codes, small_model, write_fasta

CODES = {"chr1": random_codes(40_007, 0, [(9_000, 12_345)]), "chr2": random_codes(777, 1)}
NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
ON_GPU = [pytest.mark.gpu, NO_GPU]
DEVICES = ["cpu", pytest.param("cuda", marks=ON_GPU)]
BF16, COMPILED = {"precision": "bf16"}, {"compiling": "on"}
ROWS = [
    ("cpu", {}),
    ("cpu", BF16),
    *(
        pytest.param("cuda", options, marks=ON_GPU)
        for options in ({}, BF16, COMPILED, COMPILED | BF16)
    ),
]


@dataclass(frozen=True)
class Size:
    """A sweep of a few chunks of a strip or two (bp)."""

    length: int
    window: int
    batch_size: int
    chunk: int


# on a GPU strips as long as `--batch-size auto` makes them there
SIZES = {"cpu": Size(16_007, 2_000, 2, 4_000), "cuda": Size(6_100_007, 25_000, 80, 2_000_000)}

KILLED = """
import json, os, signal, sys
from contextlib import contextmanager
from regtrack.sweep import chunks
from regtrack.sweep.run import predict_genome
from tests.sweep.toys import grouped

class Killing:
    @contextmanager
    def task(self, *_):
        yield self

    def advance(self, *_, **__):
        os.kill(os.getpid(), signal.SIGKILL)

chunk, options = json.loads(sys.argv[1])
chunks.CHUNK = chunk
predict_genome("c.safetensors", "r.fa", "killed", progress=Killing(), **grouped(**options))
"""


def prepare(model: TrackModel, codes: dict[str, Codes]) -> None:
    """A checkpoint and a reference in this folder."""
    assembly = Assembly(tuple(codes), tuple(map(len, codes.values())))
    save_checkpoint("c.safetensors", as_checkpoint(model.float(), assembly), overwrite=True)
    write_fasta(Path("r.fa"), codes)


def swept(name: str, **options: Any) -> dict[str, np.ndarray]:
    """The values of each track, NaN where there is none."""
    predict_genome("c.safetensors", "r.fa", name, **grouped(**options))
    found = {}
    for path in Path(name).glob("*.bw"):
        with pyBigWig.open(str(path)) as file:
            parts = [file.values(chrom, 0, end, numpy=True) for chrom, end in file.chroms().items()]
        found[path.name] = np.concatenate(parts)
    return found


def content(name: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(name).iterdir()}


def assert_near(found: dict[str, Any], expected: dict[str, Any], tolerance: float) -> None:
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=tolerance, atol=tolerance)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunks, "CHUNK", 5_000)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("dilated", {}),
        ("dilated", {"resolution": 25, "keep_bits": 9}),
        ("dilated", {"reverse_complement": True, "logits": True}),
        ("dilated", {"precision": "bf16"}),
        ("id-cnn", {}),
        ("bi-lstm", {"flank": 500}),
    ],
)
def test_values_equal_those_of_the_cpu(device: str, model: str, options: dict[str, Any]) -> None:
    options = {"keep_bits": 23, "window": 1_000, "batch_size": 2} | options
    prepare(small_model(model), CODES)
    expected = swept("expected", device="cpu", **options)
    found = swept("found", device=device, **options)
    rounding = 0.05 if "precision" in options else 2.0 ** -options["keep_bits"] + 1e-4
    assert_near(found, expected, rounding)


@pytest.fixture
def large(device: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """DILATED as wide as the paper's, a chromosome with N, and the options of a sweep of it."""
    size = SIZES[device]
    prepare(lively_model("dilated"), {"chr1": random_codes(size.length, 0, [(9_000, 12_345)])})
    monkeypatch.setattr(chunks, "CHUNK", size.chunk)
    return {"device": device, "window": size.window, "batch_size": size.batch_size, "keep_bits": 23}


@pytest.mark.parametrize(("device", "options"), ROWS)
def test_a_network_of_full_width_gives_the_values_of_the_cpu(
    large: dict[str, Any], options: dict[str, Any]
) -> None:
    """Logits: two ways of float32 differ by 2e-6, and weights cut to TF32 alone by 1e-3."""
    plain = large | {"device": "cpu", "batch_size": "auto", "logits": True}
    found = swept("found", **large, logits=True, **options)
    assert_near(found, swept("expected", **plain), 0.1 if "precision" in options else 1e-4)


@pytest.mark.parametrize(("device", "options"), ROWS)
def test_concurrent_passes_change_no_byte(
    large: dict[str, Any], options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, passes in (("one", 1), ("two", 2)):
        monkeypatch.setattr(job, "passes_at_once", lambda *_, passes=passes: passes)
        predict_genome("c.safetensors", "r.fa", name, **grouped(**large, **options))
    assert content("one") == content("two")


@pytest.mark.parametrize(("device", "options"), [row for row in ROWS if row != ("cpu", BF16)])
def test_a_killed_sweep_resumes_to_byte_identical_tracks(
    large: dict[str, Any], options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    options = large | options
    told = json.dumps([chunks.CHUNK, options])
    killed = forked.python(KILLED, told)
    assert killed.returncode == -signal.SIGKILL
    for name in ("killed", "whole"):
        predict_genome("c.safetensors", "r.fa", name, **grouped(**options))
    assert re.search(r"resuming: [1-9] of [1-9] chunks done", caplog.text)
    assert content("killed") == content("whole")
