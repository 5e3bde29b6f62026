"""The SpliceAI of 400 nt with the weights of OpenSpliceAI, and the tracks of both strands."""

from __future__ import annotations

from pathlib import Path

from regtrack.adapters.spliceai import SpliceAI, both_strands
from regtrack.adapters.weights import load_weights
from regtrack.predict.two_strands import TwoStrands

CONTEXT = 400


def load_spliceai(weights: Path) -> SpliceAI:
    module = SpliceAI(CONTEXT)
    load_weights(module, weights)
    return module.eval()


def splice_sites(module: SpliceAI) -> TwoStrands:
    """Acceptors and donors of both strands."""
    return both_strands(module, "openspliceai")
