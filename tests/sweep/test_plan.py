"""The plan of a sweep, with sets of bases as the oracle; no file is opened."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from regtrack.errors import PlanError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.predict.reading import Strip
from regtrack.sweep.plan import SweepPlan
from regtrack.sweep.targets import Line, choose_targets

from .toys import draw_intervals, intervals


def batches(plan: SweepPlan) -> Iterator[tuple[Strip, ...]]:
    """Those of all chunks, in order."""
    return itertools.chain.from_iterable(map(plan.batches, plan.chunks))


few = settings(max_examples=60, deadline=None)


def plan_of(lengths: dict[str, int], **changes: Any) -> SweepPlan:
    assembly = Assembly(tuple(lengths), tuple(lengths.values()))
    settings: dict[str, Any] = {
        "targets": choose_targets(assembly, assembly.names),
        "window": 100, "flank": 20, "batch_size": 3, "stride": 10, "fused": True,
    }  # fmt: skip
    return SweepPlan(assembly=assembly, **settings | changes)


lengths_of = st.dictionaries(
    st.sampled_from(["chr1", "chr10", "chr2", "1", "X"]), st.integers(1, 700), min_size=1
)


@st.composite
def plans(draw: st.DrawFn) -> SweepPlan:
    lengths = draw(lengths_of)
    assembly = Assembly(tuple(lengths), tuple(lengths.values()))
    stride = draw(st.sampled_from([1, 5, 10]))
    regions = exclude = None
    if draw(st.booleans()):
        regions = draw_intervals(draw, lengths)
    if draw(st.booleans()):
        exclude = draw_intervals(draw, lengths)
    targets = choose_targets(assembly, assembly.names, regions=regions, exclude=exclude)
    if not targets:
        targets = choose_targets(assembly, assembly.names)
    return SweepPlan(
        assembly=assembly,
        targets=targets,
        window=stride * draw(st.integers(1, 30)),
        flank=stride * draw(st.integers(0, 9)),
        batch_size=draw(st.integers(1, 5)),
        stride=stride,
        fused=draw(st.booleans()),
        both_strands=draw(st.booleans()),
        chunk=draw(st.integers(1, 400)),
    )


def bases(targets: dict[str, Intervals]) -> set[tuple[str, int]]:
    return {
        (chrom, base)
        for chrom, found in targets.items()
        for start, end in found
        for base in range(start, end)
    }


@few
@given(plans())
def test_every_requested_base_is_emitted_once_and_no_other(plan: SweepPlan) -> None:
    strips = list(itertools.chain(*batches(plan)))
    emitted = [
        (strip.chrom, strip.start + int(index))
        for strip in strips
        for index in np.flatnonzero(plan.mask([strip]))
    ]
    assert sorted(emitted) == sorted(bases(dict(plan.targets)))
    assert plan.bases == len(emitted) == sum(chunk.bases for chunk in plan.chunks)


@few
@given(plans())
def test_reads_reach_far_enough_and_start_on_the_stride(plan: SweepPlan) -> None:
    for strip in itertools.chain(*batches(plan)):
        length = plan.assembly.length(strip.chrom)
        assert 0 <= strip.read_start <= max(0, strip.start - plan.flank)
        assert min(length, strip.end + plan.flank) <= strip.read_end <= length
        assert strip.read_end < strip.end + plan.flank + plan.stride
        assert strip.read_start % plan.stride == 0
        if plan.both_strands:
            assert (length - strip.read_end) % plan.stride == 0
        read = np.arange(strip.read_start, strip.read_end)
        np.testing.assert_array_equal(read[strip.crop], np.arange(strip.start, strip.end))


@few
@given(plans())
def test_batches_are_limited(plan: SweepPlan) -> None:
    for batch in batches(plan):
        size = plan.batch_size if plan.fused else 1
        assert all(strip.end - strip.start <= size * plan.window for strip in batch)
        read = sum(strip.read_end - strip.read_start for strip in batch)
        aligned = plan.stride - 1 if plan.both_strands else 0
        assert read <= plan.bases_at_once + aligned * (plan.batch_size if len(batch) == 1 else 0)
        assert read <= plan.bases_read


@few
@given(plans())
def test_windows_are_on_the_grid_of_base_0_and_all_are_counted(plan: SweepPlan) -> None:
    strips = list(itertools.chain(*batches(plan)))
    windows = 0
    for strip in strips:
        assert strip.start % plan.window == 0
        assert strip.end % plan.window == 0 or strip.end == plan.assembly.length(strip.chrom)
        windows += -(-(strip.end - strip.start) // plan.window)
    touched = {(chrom, base // plan.window) for chrom, base in bases(dict(plan.targets))}
    assert plan.windows == windows == len(touched)


@few
@given(plans())
def test_strips_come_in_the_order_of_the_output(plan: SweepPlan) -> None:
    places = [(s.chrom.encode(), s.start) for batch in batches(plan) for s in batch]
    assert places == sorted(places)


@few
@given(lengths=lengths_of, data=st.data())
def test_targets_are_the_regions_without_the_excluded_bases(
    lengths: dict[str, int], data: st.DataObject
) -> None:
    regions, exclude = draw_intervals(data.draw, lengths), draw_intervals(data.draw, lengths)
    assembly = Assembly(tuple(lengths), tuple(lengths.values()))
    some = list(lengths)[: data.draw(st.integers(1, len(lengths)))]
    found = choose_targets(assembly, some, regions=regions, exclude=exclude)
    expected = bases(regions) - bases(exclude)
    assert bases(found) == {(chrom, base) for chrom, base in expected if chrom in some}
    whole = choose_targets(assembly, some)
    assert bases(whole) == {(chrom, base) for chrom in some for base in range(lengths[chrom])}


@few
@given(plans())
def test_chunks_hold_complete_windows_and_every_strip_is_in_one(plan: SweepPlan) -> None:
    reached = (b"", 0)
    for number, chunk in enumerate(plan.chunks):
        assert chunk.number == number
        assert chunk.start % plan.window == 0
        assert chunk.end % plan.window == 0 or chunk.end == plan.assembly.length(chunk.last)
        first, last = (chunk.chrom.encode(), chunk.start), (chunk.last.encode(), chunk.end)
        assert reached <= first < last
        reached = last
        assert chunk.bases > 0
        strips = list(itertools.chain(*plan.batches(chunk)))
        assert strips
        assert all(first <= (s.chrom.encode(), s.start) for s in strips)
        assert all((s.chrom.encode(), s.end) <= last for s in strips)
        assert int(plan.mask(strips).sum()) == chunk.bases


@few
@given(plans())
def test_the_bases_to_read_are_predicted(plan: SweepPlan) -> None:
    strips = list(itertools.chain(*batches(plan)))
    assert len(strips) <= plan.strips <= len(strips) + len(plan.chunks)
    read = sum(strip.read_end - strip.read_start for strip in strips)
    slack = (2 * plan.flank + plan.stride) * (len(strips) + len(plan.chunks))
    assert read <= plan.bases_read <= read + slack


def test_short_chromosomes_share_chunks_and_batches() -> None:
    plan = plan_of({f"c{number:04d}": 30 for number in range(1000)}, chunk=20_000)
    assert [chunk.place for chunk in plan.chunks[:2]] == [
        "c0000:1 to c0125:30",
        "c0126:1 to c0251:30",
    ]
    assert len(plan.chunks) == 8
    assert sum(chunk.bases for chunk in plan.chunks) == plan.bases == plan.bases_read == 30_000
    assert max(len(batch) for batch in batches(plan)) == 340 // 30
    assert sum(1 for _ in batches(plan)) <= 1000 // 11 + len(plan.chunks)
    assert plan.bases_at_once == 340


def test_names_are_looked_up_by_chunk_and_not_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    owners = Line.owners

    def counted(line: Line, positions: np.ndarray) -> np.ndarray:
        sizes.append(len(positions))
        return owners(line, positions)

    plan = plan_of({f"c{number:05d}": 30 for number in range(5_000)}, chunk=100_000)
    chunks = len(plan.chunks)
    monkeypatch.setattr(Line, "owners", counted)
    assert sum(map(len, batches(plan))) == sum(sizes) == 5_000
    assert len(sizes) == chunks == 8


def test_fusing_saves_the_flanks() -> None:
    apart = plan_of({"c": 3000}, batch_size=1)
    fused = plan_of({"c": 3000}, batch_size=30)
    read = [
        sum(s.read_end - s.read_start for batch in batches(plan) for s in batch)
        for plan in (apart, fused)
    ]
    assert read == [3000 + 2 * 20 * 29, 3000]


def test_a_region_runs_complete_windows_and_emits_only_its_bases() -> None:
    plan = plan_of({"c": 1000}, targets={"c": intervals((150, 160), (250, 255), (700, 701))})
    strips = list(itertools.chain(*batches(plan)))
    assert [(s.start, s.end) for s in strips] == [(100, 300), (700, 800)]
    assert [(s.read_start, s.read_end) for s in strips] == [(80, 320), (680, 820)]
    assert (plan.windows, plan.bases) == (3, 16)


def test_the_plan_in_numbers() -> None:
    found = plan_of({"chr2": 250, "chr10": 99}).to_dict()
    assert found["chroms"] == ["chr10", "chr2"]
    assert (found["windows"], found["bases"], found["flank"]) == (4, 349, 20)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"window": 99},
            "`window` is 99 bp; expected a multiple .* stride of 10 bp, such as 90 or 100",
        ),
        ({"window": 7}, "such as 10$"),
        ({"window": 0}, "`window` is 0 bp; expected at least 1"),
        ({"resolution": 0}, "`resolution` is 0 bp; expected at least 1"),
        (
            {"resolution": 30},
            "`resolution` is 30 bp, which does not divide .* choose a `window` of 120 bp",
        ),
        ({"resolution": 16}, "choose a `window` of 160 bp"),
        ({"flank": 25}, "`flank` is 25 bp; .* such as 20 or 30"),
        ({"flank": -10}, "`flank` is -10 bp; expected a multiple of 10 bp"),
        ({"batch_size": 0}, "`batch_size` is 0; expected at least 1"),
        ({"targets": {}}, "nothing to predict"),
    ],
)
def test_invalid_plans_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        plan_of({"c": 1000, "d": 5}, **changes)


def test_one_window_may_be_a_whole_chromosome() -> None:
    plan = plan_of({"c": 1003}, window=1003)
    (batch,) = batches(plan)
    assert (batch[0].read_start, batch[0].read_end) == (0, 1003)


def test_an_assembly_that_no_bigwig_can_hold_is_refused() -> None:
    with pytest.raises(TrackError, match="chr9 of 5,000,000,000 bp does not fit into a bigWig"):
        plan_of({"chr1": 700, "chr9": 5_000_000_000}, targets={"chr1": intervals((0, 700))})
