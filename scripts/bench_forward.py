"""Speed of the forward pass, layer by layer, compared with plain matrix products.

python scripts/bench_forward.py                      # DILATED, 250 kb, one thread
python scripts/bench_forward.py --model cnn7 --threads 2
python scripts/bench_forward.py --model hybrid --against dilated --precision fp32
python scripts/bench_forward.py --device cuda --bases 2000000 --compile   # does torch.compile pay?
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from regtrack.machine.allocator import kept_memory
from regtrack.models.context import Beside
from regtrack.models.network import TrackModel
from regtrack.models.registry import MODELS, build_model
from regtrack.predict.copies import to_host
from regtrack.predict.device import pick_device
from regtrack.predict.forward import forward, one_pass
from regtrack.predict.precision import PRECISIONS

SIDE = 2_048  # of the square matrices whose product is the reference
ROUNDS = 7


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """The median of several rounds, without the first two."""
    taken = []
    for _ in range(ROUNDS + 2):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        taken.append(time.perf_counter() - start)
    return float(np.median(taken[2:]))


def product_rate(dtype: torch.dtype, device: torch.device) -> float:
    """GFLOP/s of a product of square matrices."""
    left, right = torch.randn(2, SIDE, SIDE, device=device).to(dtype)
    return 2 * SIDE**3 / seconds(lambda: left @ right, device) / 1e9


def layers(model: TrackModel) -> dict[str, nn.Module]:
    """The timed modules, by name, in the order they run; blocks within a block come before it."""
    blocks: dict[str, nn.Module] = {}
    for i, block in enumerate(model.trunk, 1):
        if isinstance(block, Beside):
            inner = enumerate(block.blocks, 1)
            blocks |= {f"of them: {type(part).__name__} {i}.{j}": part for j, part in inner}
        blocks[f"{type(block).__name__} {i}"] = block
    return {"Embedding": model.embed, **blocks, "Head": model.head}


@contextmanager
def counted(
    modules: dict[str, nn.Module], clock: Callable[[], float]
) -> Iterator[dict[str, float]]:
    """How far a clock advances in each module, over all calls."""
    spent: dict[str, float] = defaultdict(float)
    begun: dict[str, float] = {}
    hooks = []
    for name, module in modules.items():

        def before(_module: nn.Module, _inputs: object, name: str = name) -> None:
            begun[name] = clock()

        def after(_module: nn.Module, _inputs: object, _output: Tensor, name: str = name) -> None:
            spent[name] += clock() - begun[name]

        hooks += [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
    try:
        yield spent
    finally:
        for hook in hooks:
            hook.remove()


def operations(model: TrackModel, run: Callable[[], object]) -> dict[str, float]:
    """Floating-point operations of the products in each timed module."""
    with (
        FlopCounterMode(display=False) as counter,
        counted(layers(model), counter.get_total_flops) as found,
    ):
        run()
    return found


def report(model: TrackModel, length: int, precision: str, device: torch.device) -> None:
    """A table of the layers, and the ratio to a plain product."""
    codes = torch.randint(0, 4, (1, length), dtype=torch.uint8, device=device)
    rows = list(range(model.marker_count))
    with (
        torch.inference_mode(),
        one_pass(model, device, precision=precision, shape=codes.shape),
    ):

        def run() -> Tensor:
            return model.logits(codes, rows)

        flops = operations(model, run)
        whole = seconds(run, device)
        with counted(layers(model), time.perf_counter) as spent:
            for _ in range(ROUNDS):
                run()
    yardstick = product_rate(torch.bfloat16 if precision == "bf16" else torch.float32, device)
    every = sum(flops[name] for name in flops if "of them" not in name)
    rate = every / whole / 1e9
    print(f"\n{model.name}, {precision}: {length / whole / 1e6:.2f} Mbp/s")
    if device.type == "cpu":  # elsewhere the host does not wait for a layer
        print("| layer | of the operations | of the time | GFLOP/s |\n|---|---|---|---|")
        total = sum(spent[name] for name in spent if "of them" not in name)
        for name, taken in spent.items():
            speed = flops[name] * ROUNDS / taken / 1e9
            print(f"| {name} | {flops[name] / every:.0%} | {taken / total:.0%} | {speed:.0f} |")
    print(
        f"in all {rate:.0f} GFLOP/s; a product of {SIDE:,}-wide matrices {yardstick:.0f}: ", end=""
    )
    print(f"{rate / yardstick:.0%}", flush=True)


def report_against(
    model: TrackModel, other: TrackModel, length: int, precision: str, device: torch.device
) -> None:
    """The speed relative to another network, measured in turns (CPU: by processor time)."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    codes = torch.randint(0, 4, (1, length), dtype=torch.uint8, device=device)
    taken: dict[str, list[float]] = defaultdict(list)
    with torch.inference_mode(), kept_memory():
        for _ in range(ROUNDS + 1):
            for one in (model, other):
                with one_pass(one, device, precision=precision, shape=codes.shape):
                    start = clock()
                    to_host(one.logits(codes, list(range(one.marker_count))).float())
                    taken[one.name].append(clock() - start)
    fast, slow = (float(np.median(taken[one.name][1:])) for one in (model, other))
    print(
        f"{model.name} {length / fast / 1e6:.2f} Mbp/s, {other.name} {length / slow / 1e6:.2f}: "
        f"{slow / fast:.2f} times as fast",
        flush=True,
    )


def report_compiled(model: TrackModel, length: int, precision: str, device: torch.device) -> None:
    """The cost and gain of torch.compile, and after how many bases it pays."""
    codes = np.random.default_rng(0).integers(0, 4, (1, length), dtype=np.uint8)
    rows = list(range(model.marker_count))

    def run(*, compiled: bool) -> Tensor:
        return forward(
            model, codes, markers=rows, precision=precision, device=device, compiled=compiled
        )

    start = time.perf_counter()
    to_host(run(compiled=True))
    cost = time.perf_counter() - start
    plain, compiled = (
        seconds(partial(run, compiled=compiled), device) for compiled in (False, True)
    )
    gain = (plain - compiled) / length
    pays = f"pays from {cost / gain / 1e6:,.0f} Mb" if gain > 0 else "never pays"
    print(
        f"compiled in {cost:.0f} s, then {length / compiled / 1e6:.2f} Mbp/s against "
        f"{length / plain / 1e6:.2f}: {plain / compiled:.2f} times as fast, {pays}",
        flush=True,
    )


def main() -> None:
    """Parse, and report each precision."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="dilated", choices=sorted(MODELS))
    parser.add_argument("--bases", type=int, default=250_000)
    parser.add_argument("--markers", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", choices=PRECISIONS, help="default: both")
    parser.add_argument("--against", choices=sorted(MODELS), help="a network to compare with")
    parser.add_argument("--compile", action="store_true", help="measure torch.compile too")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = pick_device(options.device)
    torch.manual_seed(0)
    model = build_model(options.model, options.markers).eval().to(device)
    print(f"{device}, torch {torch.__version__}, {options.threads} threads")
    for precision in [options.precision] if options.precision else PRECISIONS:
        report(model, options.bases, precision, device)
        if options.against:
            other = build_model(options.against, options.markers).eval().to(device)
            report_against(model, other, options.bases, precision, device)
        if options.compile:
            report_compiled(model, options.bases, precision, device)


if __name__ == "__main__":
    main()
