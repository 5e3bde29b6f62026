"""Stitched windows equal one pass: exactly for a network of whole numbers, for any plan."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from regtrack.errors import FastaError, OutOfMemoryError
from regtrack.genome.sequence import reverse_complement
from regtrack.predict.copies import Scores
from regtrack.predict.forward import scores_of_codes
from regtrack.sweep.compute import Reading, Scorer, predict, read
from regtrack.sweep.plan import SweepPlan
from regtrack.sweep.targets import choose_targets

from .toys import ROUNDING, Sequences, Sums, draw_intervals, random_codes, stitched

CPU = torch.device("cpu")


def differs(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return np.abs(found - expected) > ROUNDING


def assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=ROUNDING)


def one_pass(model: Sums, codes: np.ndarray, *, both_strands: bool = False) -> np.ndarray:
    """Scores (M, L) of a whole chromosome at once."""
    forward = scores_of_codes(model, codes[None])[0]
    if not both_strands:
        return forward
    reverse = scores_of_codes(model, reverse_complement(codes)[None])[0]
    return (forward + reverse[:, ::-1]) / 2


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_plan_gives_what_one_pass_gives(data: st.DataObject) -> None:
    draw = data.draw
    model = Sums(
        stride=draw(st.sampled_from([1, 4, 10])), left=draw(st.integers(0, 4)),
        right=draw(st.integers(0, 4)),
    )  # fmt: skip
    lengths = draw(
        st.dictionaries(st.sampled_from("abc"), st.integers(1, 400), min_size=1, max_size=2)
    )
    n_runs = {chrom: draw_intervals(draw, {chrom: lengths[chrom]}) for chrom in lengths}
    codes = {
        chrom: random_codes(length, draw(st.integers(0, 9)), list(n_runs[chrom].get(chrom, ())))
        for chrom, length in lengths.items()
    }
    reference = Sequences(codes)
    regions = draw_intervals(draw, lengths) if draw(st.booleans()) else None
    targets = choose_targets(
        reference.assembly, lengths, regions=regions, exclude=draw_intervals(draw, lengths)
    ) or choose_targets(reference.assembly, lengths)
    plan = SweepPlan(
        assembly=reference.assembly,
        targets=targets,
        window=model.stride * draw(st.integers(1, 40)),
        flank=model.flank + model.stride * draw(st.integers(0, 2)),
        batch_size=draw(st.integers(1, 5)),
        stride=model.stride,
        fused=draw(st.booleans()),
        both_strands=draw(st.booleans()),
        chunk=draw(st.integers(1, 200)),
    )
    scorer = Scorer(model, (0, 1, 2), CPU, both_strands=plan.both_strands)
    found = stitched(plan, reference, scorer)
    for chrom, bases in codes.items():
        expected = one_pass(model, bases, both_strands=plan.both_strands)
        asked = np.zeros(len(bases), bool)
        for start, end in targets.get(chrom, ()):
            asked[start:end] = True
        expected[:, ~asked | (bases == 4)] = np.nan
        assert_same(found[chrom], expected)


def seam_plan(reference: Sequences, **changes: object) -> SweepPlan:
    settings: dict[str, object] = {
        "targets": choose_targets(reference.assembly, reference.assembly.names),
        "window": 100, "flank": 40, "batch_size": 2, "stride": 10, "fused": True,
    }  # fmt: skip
    return SweepPlan(assembly=reference.assembly, **settings | changes)  # type: ignore[arg-type]


def test_a_shorter_flank_or_a_misaligned_read_changes_values() -> None:
    """The oracle can fail: the network of integers shows the errors that a plan prevents."""
    model = Sums(stride=10, left=3, right=3)
    codes = random_codes(1003)
    scorer = Scorer(model, (0,), CPU)
    reference = Sequences({"c": codes})
    expected = one_pass(model, codes)[:1]
    assert_same(stitched(seam_plan(reference), reference, scorer)["c"], expected)
    narrow = stitched(seam_plan(reference, flank=20), reference, scorer)["c"]
    wrong = np.flatnonzero(differs(narrow, expected)[0])
    assert len(wrong)
    assert {int(base) % 200 // 10 for base in wrong} <= {0, 19}  # beside the seams
    shifted = one_pass(model, codes[3:])[:1]
    assert differs(shifted, expected[:, 3:]).any()


def test_the_other_strand_counts_from_the_end() -> None:
    model = Sums(stride=10, left=1, right=2)
    codes = random_codes(1003)
    reference = Sequences({"c": codes})
    scorer = Scorer(model, (0,), CPU, both_strands=True)
    expected = one_pass(model, codes, both_strands=True)[:1]
    aligned = seam_plan(reference, both_strands=True)
    assert_same(stitched(aligned, reference, scorer)["c"], expected)
    assert differs(stitched(seam_plan(reference), reference, scorer)["c"], expected).any()


def test_strips_of_n_are_not_computed() -> None:
    model = Sums()
    codes = random_codes(1000, n_runs=[(200, 600), (900, 1000)])
    reference = Sequences({"c": codes})
    for fused, shapes in [
        (True, [(1, 240), (1, 280), (1, 240)]),  # 0-200, 600-800, 800-1000
        (False, [(1, 180), (1, 140), (2, 180), (1, 180)]),  # pairs of windows, alike or not
    ]:
        model.seen.clear()
        plan = seam_plan(reference, fused=fused)
        stitched(plan, reference, Scorer(model, (0,), CPU))
        assert model.seen == shapes, fused


def test_only_the_chosen_markers_in_their_order() -> None:
    model = Sums(stride=10, left=1)
    reference = Sequences({"c": random_codes(505)})
    every = stitched(seam_plan(reference), reference, Scorer(model, (0, 1, 2), CPU))["c"]
    some = stitched(seam_plan(reference), reference, Scorer(model, (2, 0), CPU))["c"]
    assert_same(some, every[[2, 0]])


@pytest.mark.parametrize("fused", [True, False])
def test_memory_holds_one_batch(fused: bool) -> None:
    model = Sums()
    reference = Sequences({"c": random_codes(5000)})
    stitched(seam_plan(reference, fused=fused), reference, Scorer(model, (0,), CPU))
    assert max(batch * length for batch, length in model.seen) <= 2 * (100 + 80)


def test_logits_have_no_sigmoid() -> None:
    model = Sums()
    reference = Sequences({"c": random_codes(300)})
    plan = seam_plan(reference)
    found = stitched(plan, reference, Scorer(model, (0,), CPU, logits=True))["c"]
    squashed = stitched(plan, reference, Scorer(model, (0,), CPU))["c"]
    assert_same(1 / (1 + np.exp(-found)), squashed)
    assert np.abs(found - squashed).max() > 0.1


def test_a_reference_that_fails_is_one_line() -> None:
    plan = seam_plan(Sequences({"c": random_codes(300)}))

    class Failing:
        assembly = plan.assembly
        path = "hg38.fa"

        def codes(self, *_: object) -> np.ndarray:
            raise OSError(5, "Input/output error")

    (chunk,) = plan.chunks
    with pytest.raises(FastaError, match=r"hg38\.fa cannot be read: Input/output error; run again"):
        read(plan, Failing(), next(plan.batches(chunk)))  # type: ignore[arg-type]


def test_too_little_memory_behind_the_model_is_one_line_too() -> None:
    reference = Sequences({"c": random_codes(400, 0)})
    plan = SweepPlan(
        reference.assembly, choose_targets(reference.assembly, ["c"]),
        window=400, flank=0, batch_size=1, stride=1, fused=True,
    )  # fmt: skip
    reading = read(plan, reference, next(plan.batches(plan.chunks[0])))

    def fail(reading: Reading, values: torch.Tensor) -> Scores:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    with pytest.raises(
        OutOfMemoryError, match=r"out of memory on cpu with 1 x 400 bp .* `batch_size`"
    ):
        predict(reading, Scorer(Sums(stride=1, left=0, right=0), [0], CPU), fail)
