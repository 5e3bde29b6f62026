"""Background sequence: base composition, N gaps and soft masking."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from regtrack.genome.intervals import Mask
from regtrack.genome.sequence import Codes, N

_LANE = 1_000  # bp over which the GC content is constant
_MEAN_GC = 0.41  # of the human genome: Lander et al. 2001, Nature 409:860
# CpG, observed over expected, is about a fifth there (same source)
_CPG = 0.22
_TPG = 1.2  # TpG and CpA, which deaminated CpG turns into, are more frequent than expected


def draw_background(length: int, rng: np.random.Generator) -> Codes:
    """Codes (length,) of a first-order Markov chain whose GC content drifts along the sequence.

    The chain runs in parallel lanes of 1 kb, so that each step draws one base of every lane.
    """
    lanes = -(-length // _LANE)
    chances = _transitions(_gc_content(lanes, rng)).cumsum(axis=-1)
    codes = np.empty((lanes, _LANE), dtype=np.uint8)
    codes[:, 0] = rng.integers(4, size=lanes)
    rows = np.arange(lanes)
    for step in range(1, _LANE):
        drawn = rng.random(lanes)[:, None]
        codes[:, step] = (drawn >= chances[rows, codes[:, step - 1], :3]).sum(axis=1)
    return codes.reshape(-1)[:length]


def _gc_content(lanes: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """GC content (lanes,) of each lane: a mean-reverting random walk within 0.30 to 0.60."""
    content = np.empty(lanes)
    now = _MEAN_GC
    for lane, step in enumerate(rng.normal(scale=0.02, size=lanes)):
        now = float(np.clip(now + 0.05 * (_MEAN_GC - now) + step, 0.30, 0.60))
        content[lane] = now
    return content


def _transitions(gc: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Transition probabilities (lanes, 4, 4), the same on both strands.

    The weights of base pairs are scaled until rows and columns sum to the base frequencies (Deming
    and Stephan 1940, Ann. Math. Stat. 11:427); without this, fewer CpG would mean fewer G than C.
    """
    base = np.stack([1 - gc, gc, gc, 1 - gc], axis=-1) / 2
    weight = np.ones((4, 4))
    weight[1, 2] = _CPG
    weight[3, 2] = weight[1, 0] = _TPG
    pairs = base[:, :, None] * base[:, None, :] * weight
    for _ in range(20):
        pairs *= (base / pairs.sum(axis=1))[:, None, :]
        pairs *= (base / pairs.sum(axis=2))[:, :, None]
    return np.asarray(pairs / base[:, :, None])


def put_gaps(codes: Codes, *, ends: float, middle: float) -> None:
    """Set both ends and one stretch inside codes, uint8 (n,), to N in place.

    Args:
        codes: changed in place.
        ends: fraction of the length, at each end.
        middle: fraction of the length, inside.
    """
    end = round(ends * len(codes))
    codes[:end] = N
    codes[len(codes) - end :] = N
    start = round(0.42 * len(codes))
    codes[start : start + round(middle * len(codes))] = N


def draw_soft_mask(length: int, rng: np.random.Generator) -> Mask:
    """Mask of lower-case bases, bool (length,): repeat-sized stretches, two fifths of the bases."""
    masked = np.zeros(length, dtype=np.bool_)
    position = 0
    while position < length:
        position += int(rng.exponential(900))
        repeat = int(rng.gamma(2.0, 300))
        masked[position : position + repeat] = True
        position += repeat
    return masked
