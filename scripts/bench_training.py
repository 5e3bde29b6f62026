"""A training step: speed and peak memory, beside the same network and loss in plain PyTorch.

python scripts/bench_training.py                               # DILATED, 919 markers, batches of 2
python scripts/bench_training.py --model hybrid --markers 259 --batch 4 --rounds 3
python scripts/bench_training.py --device cuda --batch 8

Plain PyTorch is what a training loop usually is: labels of every base, `nn.Dropout` after `ReLU`,
logits of the whole batch, and `binary_cross_entropy_with_logits`. Each way runs in a process of its
own, in turn, so that its peak memory is its own. The third way is `--loss-every 5` of `train`.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from regtrack.dataset.loader import Batch, dense_labels
from regtrack.machine.allocator import kept_memory
from regtrack.models.network import TrackModel
from regtrack.models.rectify import Rectify
from regtrack.models.registry import MODELS, build_model
from regtrack.training.loss import batch_loss

WINDOW = 25_000
WAYS = ("regtrack", "plain PyTorch", "loss every 5 bp")
EVERY = 5  # bp from one base that counts in the loss to the next
STRETCH, SHARE = 400, 0.02  # bp of a labelled stretch, and the labelled share of the bases


def batch_of(windows: int, markers: int) -> Batch:
    """Random sequence, with labelled stretches like peaks that do not touch."""
    random = np.random.default_rng(0)
    places = (windows, markers, WINDOW // (2 * STRETCH))
    index, marker, place = np.nonzero(random.random(places) < 2 * SHARE)
    start = place * 2 * STRETCH
    rows = np.stack([index, marker, start, start + STRETCH], 1).astype(np.int32)
    codes = random.integers(0, 4, (windows, WINDOW), np.uint8)
    return Batch(torch.from_numpy(codes), torch.from_numpy(rows))


def made_plain(module: nn.Module) -> None:
    """Put PyTorch's ReLU and dropout where ours are."""
    for name, child in module.named_children():
        if isinstance(child, Rectify):
            setattr(module, name, nn.Sequential(nn.ReLU(), nn.Dropout(child.dropout)))
        else:
            made_plain(child)


def plain_loss(model: TrackModel, batch: Batch) -> Tensor:
    """The mean loss over known bases, from the logits of the whole batch."""
    labels = dense_labels(batch, model.marker_count).float()
    every = [
        F.binary_cross_entropy_with_logits(model.head(stage).float(), labels, reduction="none")
        for stage in model.stages(batch.codes)
    ]
    known = batch.known[:, None]
    return torch.stack([(one * known).sum() / known.sum() / one.shape[1] for one in every]).mean()


def our_loss(model: TrackModel, batch: Batch, every: int = 1) -> Tensor:
    """The same as a training computes it, of all bases or of one of so many."""
    counted = batch.every(every, 0) if every > 1 else batch
    stages = model.stages(batch.codes)
    return torch.stack([batch_loss(model.head, one[:, ::every], counted) for one in stages]).mean()


def measure(args: argparse.Namespace) -> dict[str, float]:
    """Seconds of a step (the least of some), and the peak memory (bytes) of the whole process.

    On the CPU they are seconds of processors, which other programs' work does not lengthen.
    """
    torch.manual_seed(0)
    device = torch.device(args.device)
    model = build_model(args.model, args.markers).train().to(device)
    if args.way == "plain PyTorch":
        made_plain(model)
    loss_of: dict[str, Callable[[TrackModel, Batch], Tensor]] = {
        "regtrack": our_loss,
        "plain PyTorch": plain_loss,
        "loss every 5 bp": partial(our_loss, every=EVERY),
    }
    optimizer = torch.optim.AdamW(model.parameters())
    batch = batch_of(args.batch, args.markers).to(device)
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    taken = []
    with kept_memory():
        for _ in range(args.steps + 1):
            start = clock()
            with torch.autocast(device.type, torch.bfloat16, enabled=args.precision == "bf16"):
                loss = loss_of[args.way](model, batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            if device.type == "cuda":
                torch.cuda.synchronize()
            taken.append(clock() - start)
    peak = (
        torch.cuda.max_memory_allocated()
        if device.type == "cuda"
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    )
    return {"seconds": min(taken[1:]), "peak": float(peak)}


def main() -> None:
    """Measure all ways in turn, and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--model", choices=MODELS, default="dilated")
    parser.add_argument("--markers", type=int, default=919)
    parser.add_argument("--batch", type=int, default=2, help="windows of 25 kb")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2, help="processes per way, in turn")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.way:
        print(json.dumps(measure(args)))
        return
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(args.rounds):
        for way in WAYS:
            command = [sys.executable, __file__, *sys.argv[1:], "--way", way]
            found[way].append(json.loads(subprocess.check_output(command, text=True)))
    best = {
        way: {key: min(one[key] for one in runs) for key in runs[0]} for way, runs in found.items()
    }
    bases = args.batch * WINDOW
    print(
        f"{args.model}, {args.markers} markers, batches of {args.batch} windows, {args.precision}"
    )
    for way, one in best.items():
        speed = bases / one["seconds"] / 1e3
        print(
            f"{way:>15}: {one['seconds']:6.2f} s per step, {speed:7.1f} kbp/s, "
            f"peak memory {one['peak'] / 1e9:5.2f} GB"
        )
    theirs = best.pop("plain PyTorch")
    for way, ours in best.items():
        print(
            f"{way}: {theirs['seconds'] / ours['seconds']:.2f} times as fast as plain PyTorch, "
            f"{ours['peak'] / theirs['peak']:.2f} of the peak memory"
        )


if __name__ == "__main__":
    main()
