"""The compiled network gives the same values, and is used where it pays."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import torch
from torch import Tensor

from regtrack.checkpoint import save_checkpoint
from regtrack.errors import DeviceError, PlanError
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.models.network import TrackModel
from regtrack.predict import compiling
from regtrack.predict.forward import forward
from regtrack.saliency.tracks import TrackSaliency
from regtrack.sweep import chunks
from regtrack.sweep.compiling import choose_compiled
from regtrack.sweep.computation import Computation
from regtrack.sweep.compute import Scorer
from regtrack.sweep.plan import SweepPlan
from regtrack.sweep.request import Compute
from regtrack.sweep.run import predict_genome
from regtrack.sweep.shard import write_shard
from regtrack.sweep.targets import choose_targets

from .toys import as_checkpoint, grouped, random_codes, small_model, write_fasta

CODES = {"chr1": random_codes(6_007, 0)}
ASSEMBLY = Assembly(tuple(CODES), tuple(map(len, CODES.values())))
SHAPE = (1, 1_000)


def plan_of(model: TrackModel, **changes: Any) -> SweepPlan:
    options: dict[str, Any] = {
        "targets": choose_targets(ASSEMBLY, CODES), "window": 500, "flank": model.flank or 500,
        "batch_size": 2, "stride": model.stride, "fused": True,
    }  # fmt: skip
    return SweepPlan(ASSEMBLY, **options | changes)


def backend(calls: list[tuple[int, ...]]) -> Callable[..., Any]:
    """A compiler that runs the graph it is given as it is, and counts the runs."""

    def compile_graph(graph: torch.fx.GraphModule, _inputs: list[Tensor]) -> Callable[..., Any]:
        def run(*inputs: Any) -> Any:
            calls.append(tuple(inputs[0].shape))
            return graph(*inputs)

        return run

    return compile_graph


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Runs of compiled graphs; compilation without a compiler of C++, which not all have."""
    found: list[tuple[int, ...]] = []
    torch.compiler.reset()
    compiled = torch.compile(
        TrackModel.logits, fullgraph=True, dynamic=False, backend=backend(found)
    )
    monkeypatch.setattr(compiling, "_compiler", lambda: compiled)
    return found


@pytest.mark.parametrize("name", ["cnn3", "id-cnn", "dilated", "hybrid"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_network_is_one_graph(name: str, precision: str, calls: list[tuple[int, ...]]) -> None:
    model = small_model(name).float()
    codes = CODES["chr1"][None, :1_000]
    plain = forward(model, codes, markers=[1, 0], precision=precision)
    found = forward(model, codes, markers=[1, 0], precision=precision, compiled=True)
    assert len(calls) == 1
    torch.testing.assert_close(found, plain, rtol=0, atol=1e-5 if precision == "fp32" else 0.05)


def test_a_sweep_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: list[tuple[int, ...]]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunks, "CHUNK", 2_000)
    write_fasta(Path("r.fa"), CODES)
    save_checkpoint("c.safetensors", as_checkpoint(small_model("dilated").float(), ASSEMBLY))
    options: dict[str, Any] = {"window": 500, "batch_size": 2}
    predict_genome("c.safetensors", "r.fa", "plain", **grouped(**options))
    assert calls == []
    predict_genome("c.safetensors", "r.fa", "compiled", **grouped(compiling="on", **options))
    # strips of 1 kb: six whole ones, of which the first and the last have no flank on one side
    assert len(calls) >= 4
    sweeps = [json.loads(Path(name, "sweep.json").read_text()) for name in ("plain", "compiled")]
    assert "compiled" not in sweeps[0]
    assert sweeps[1]["compiled"][0] == 1
    for track in Path("plain").glob("*.bw"):
        with pyBigWig.open(str(track)) as a, pyBigWig.open(f"compiled/{track.name}") as b:
            values = [file.values("chr1", 0, 6_007, numpy=True) for file in (a, b)]
        np.testing.assert_allclose(values[1], values[0], rtol=2**-7)


def test_auto_resumes_with_the_same_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: list[tuple[int, ...]]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_fasta(Path("r.fa"), CODES)
    save_checkpoint("c.safetensors", as_checkpoint(small_model("dilated").float(), ASSEMBLY))

    def stop(*arguments: Any) -> None:
        write_shard(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("regtrack.sweep.engine.write_shard", stop)
        predict_genome(
            "c.safetensors", "r.fa", "tracks", compute=Compute(window=500, compiling="on")
        )
    with pytest.raises(PlanError, match=r"compiled was .* and is missing"):
        predict_genome(
            "c.safetensors", "r.fa", "tracks", compute=Compute(window=500, compiling="off")
        )
    predict_genome("c.safetensors", "r.fa", "tracks", compute=Compute(window=500))
    assert "compiled" in json.loads(Path("tracks/sweep.json").read_text())


@pytest.mark.parametrize(
    ("device", "seconds", "quicker", "compiled"),
    [
        ("cuda", 700, 1.5, True),
        ("cuda", 500, 1.5, False),  # too short a job for a minute of compiling
        ("cuda", 700, 1.05, False),  # hardly quicker
        ("cpu", 7_000, 9.0, False),  # never measured there
    ],
)
def test_auto_measures_on_a_gpu(
    device: str,
    seconds: float,
    quicker: float,
    monkeypatch: pytest.MonkeyPatch,
    *,
    compiled: bool,
) -> None:
    model = small_model("dilated")
    plan = plan_of(model)

    def speed(computation: Computation, shape: tuple[int, int]) -> float:
        assert computation.compiled in (None, shape)
        return plan.bases / seconds * (quicker if computation.compiled else 1)

    monkeypatch.setattr("regtrack.sweep.compiling.speed", speed)
    scorer = Scorer(model, (0,), torch.device(device))
    found = choose_compiled("auto", scorer, plan, begun=None)
    assert found.compiled == ((1, plan.longest_strip) if compiled else None)
    assert choose_compiled("off", scorer, plan, begun=True).compiled is None
    assert choose_compiled("auto", scorer, plan, begun=False).compiled is None
    assert choose_compiled("auto", scorer, plan, begun=True).compiled is not None


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        (Scorer, {"fused": False}, "reads whole windows"),
        (Scorer, {"both_strands": True}, "both strands"),
        (TrackSaliency, {}, "saliency takes gradients"),
    ],
)
def test_passes_without_a_common_shape_are_not_compiled(
    kind: type[Scorer | TrackSaliency], changes: dict[str, Any], message: str
) -> None:
    model = small_model("dilated")
    scorer, plan = kind(model, (0,), torch.device("cuda")), plan_of(model, **changes)
    with pytest.raises(PlanError, match=message) as caught:
        choose_compiled("on", scorer, plan, begun=None)
    assert "\n" not in str(caught.value)
    assert choose_compiled("auto", scorer, plan, begun=None) is scorer
    assert choose_compiled("auto", scorer, plan, begun=True) is scorer


def test_strips_of_all_lengths_are_not_compiled() -> None:
    model = small_model("cnn3")  # 60 bp of flank
    regions = {"chr1": Intervals.merged([500, 3_000], [600, 3_200])}
    plan = plan_of(model, targets=choose_targets(ASSEMBLY, CODES, regions=regions))
    with pytest.raises(PlanError, match="no strip has full length"):
        choose_compiled("on", Scorer(model, (0,), torch.device("cpu")), plan, begun=None)


def test_one_network_after_another(
    calls: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as one likes: what was compiled for the former is forgotten."""
    monkeypatch.setattr("torch._dynamo.config.cache_size_limit", 1)
    model = small_model("cnn3").float()
    for length in (1_000, 1_100, 1_200):
        plan = plan_of(model, window=length // 2)
        scorer = Scorer(model, (0,), torch.device("cpu"))
        scorer = choose_compiled("on", scorer, plan, begun=None)
        scorer(CODES["chr1"][None, : plan.longest_strip])
    assert len(calls) == 3


def test_a_machine_without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("no C++ compiler\nand a page of advice")

    torch.compiler.reset()
    compiled = torch.compile(TrackModel.logits, fullgraph=True, dynamic=False, backend=fail)
    monkeypatch.setattr(compiling, "_compiler", lambda: compiled)
    logging.getLogger("torch").setLevel(logging.ERROR)
    model = small_model("cnn3").float()
    with pytest.raises(DeviceError, match="cannot be compiled here") as caught:
        forward(model, CODES["chr1"][None, :100], compiled=True)
    assert "\n" not in str(caught.value)
