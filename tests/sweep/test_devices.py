"""A sweep on an accelerator: the values of the processor, and the same bytes again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import torch

from regtrack.checkpoint import save_checkpoint
from regtrack.genome.assembly import Assembly
from regtrack.sweep import chunks
from regtrack.sweep.run import predict_genome

from .toys import as_checkpoint, random_codes, small_model, write_fasta

CODES = {"chr1": random_codes(40_007, 0, [(9_000, 12_345)]), "chr2": random_codes(777, 1)}
ASSEMBLY = Assembly(tuple(CODES), tuple(map(len, CODES.values())))
NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
# the processor's row shows that the test itself is right
DEVICES = ["cpu", pytest.param("cuda", marks=[pytest.mark.gpu, NO_GPU])]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunks, "CHUNK", 5_000)
    write_fasta(Path("r.fa"), CODES)


def swept(name: str, model: str, **options: Any) -> dict[str, np.ndarray]:
    """The values of each track, NaN where there is none."""
    save_checkpoint(
        f"{model}.safetensors", as_checkpoint(small_model(model).float(), ASSEMBLY), overwrite=True
    )
    predict_genome(f"{model}.safetensors", "r.fa", name, window=1_000, batch_size=2, **options)
    found = {}
    for path in Path(name).glob("*.bw"):
        with pyBigWig.open(str(path)) as file:
            parts = [
                file.values(chrom, 0, len(codes), numpy=True) for chrom, codes in CODES.items()
            ]
        found[path.name] = np.concatenate(parts)
    return found


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
def test_values_are_those_of_the_processor(
    device: str, model: str, options: dict[str, Any]
) -> None:
    options = {"keep_bits": 23} | options
    expected = swept("expected", model, device="cpu", **options)
    found = swept("found", model, device=device, **options)
    rounding = 0.05 if "precision" in options else 2.0 ** -options["keep_bits"] + 1e-4
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=rounding, atol=rounding)


@pytest.mark.parametrize("device", DEVICES)
def test_the_same_bytes_again(device: str) -> None:
    for name in ("once", "again"):
        swept(name, "dilated", device=device)
    for path in Path("once").glob("*.bw"):
        assert path.read_bytes() == Path("again", path.name).read_bytes()
