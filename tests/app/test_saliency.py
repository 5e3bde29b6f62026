"""Saliency on request: computed in another process, kept, drawn, cancelled."""

from __future__ import annotations

import base64
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from regtrack_app.choices import choices_of
from regtrack_app.figures import draw, structure
from regtrack_app.jobs import Jobs
from regtrack_app.look import PLAIN
from regtrack_app.rows import ValueRow
from regtrack_app.saliency import MOST_BASES, Saliency, on_screen, saliency_values
from regtrack_app.state import View, default_view
from regtrack_app.theme import THEMES
from small_world import World

from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval, parse_region
from regtrack.progress import SILENT

REGION = Interval("chr1", 100_000, 100_200)
HUMAN = Assembly(("chr1",), (248_956_422,))


@pytest.fixture
def able(world: World) -> Sources:
    """Sources with a checkpoint of one of the two models."""
    sources = world.open(reference=world.folder / "genome.fa")
    return replace(sources, checkpoints={"dilated": world.folder / "checkpoint"})


def view_of(sources: Sources, region: Interval = REGION) -> View:
    return replace(default_view(choices_of(sources)), region=region, saliency=True)


def service(sources: Sources, function: str = "positions") -> Saliency:
    return Saliency(sources, Jobs(), f"saliency_toys:{function}")


def row_of(saliency: Saliency, view: View) -> ValueRow:
    (row,) = saliency.rows(view)
    assert isinstance(row, ValueRow)
    return row


def test_values_are_what_the_computation_says() -> None:
    found = saliency_values(
        target="saliency_toys:positions",
        checkpoint=Path("checkpoint"),
        reference=Path("genome.fa"),
        marker="K562_CTCF",
        region=REGION,
        progress=SILENT,
    )
    assert found.dtype == np.float32
    assert found.tolist() == list(range(100_000, 100_200))


@pytest.mark.parametrize("target", ["no.such.module:x", "regtrack_app.state:no_such_name"])
def test_a_computation_that_is_not_there_is_said_in_one_line(target: str) -> None:
    with pytest.raises(RegtrackError, match="saliency cannot be computed here"):
        saliency_values(
            target=target, checkpoint=Path("c"), reference=Path("r"), marker="m", region=REGION,
            progress=SILENT,
        )  # fmt: skip


def test_saliency_is_computed_elsewhere_and_drawn_where_it_lies(able: Sources) -> None:
    saliency = service(able)
    (job,) = saliency.start(view_of(able))
    assert job.wait(60) == "done"
    row = row_of(saliency, view_of(able, Interval("chr1", 100_100, 100_300)))
    (curve,) = row.curves
    assert (curve.start, curve.step) == (99_900, 1)
    there = curve.mean[100:300]
    assert there.tolist() == list(range(100_000, 100_200))
    assert np.count_nonzero(~np.isnan(curve.mean)) == len(there)
    assert row_of(saliency, view_of(able, Interval("chr1", 100_200, 100_300))).curves == ()
    assert row_of(saliency, view_of(able, Interval("chr2", 100_000, 100_200))).curves == ()


def test_what_is_computed_stays_valid_inside(able: Sources) -> None:
    saliency = service(able)
    second = Interval("chr1", 100_100, 100_300)
    for region in (REGION, second):
        (job,) = saliency.start(view_of(able, region))
        assert job.wait(60) == "done"
    style = able.catalog.model("dilated").style
    for region in (REGION, second):  # each its own, not that which was computed last
        row = row_of(saliency, view_of(able, region))
        assert row.title == "Saliency of DILATED for K562_CTCF"
        assert (row.note, row.curves[0].style) == ("gradient × input", style)
    inside = row_of(saliency, view_of(able, Interval("chr1", 100_020, 100_090)))
    assert inside.curves[0].style == style
    assert inside.note == "gradient × input, of the scores in chr1:100,001-100,200"
    values = inside.curves[0].mean[70:140]
    assert values.tolist() == list(range(100_020, 100_090))
    beyond = row_of(saliency, view_of(able, Interval("chr1", 100_150, 100_350)))
    assert beyond.note.endswith("recompute it for the rest")


def test_at_the_bases_saliency_is_a_logo(able: Sources, world: World) -> None:
    saliency = service(able)
    (job,) = saliency.start(view_of(able))
    assert job.wait(60) == "done"
    near = view_of(able, Interval("chr1", 100_050, 100_120))
    row = row_of(saliency, near)
    (curve,) = row.curves
    sequence = "".join((world.folder / "genome.fa").read_text().split(">")[1].split()[1:])
    assert curve.letters == sequence[curve.start : curve.start + len(curve.letters)]
    traces = [trace for trace in draw([row], near.region, 310_000).traces if "fillcolor" in trace]
    letters = {THEMES["light"].letters[letter]: letter for letter in "ACGT"}
    drawn = {}
    for trace in traces:
        letter = letters.get(trace["fillcolor"])
        if letter:
            x, y = (np.frombuffer(base64.b64decode(trace[axis]["bdata"]),
                    dtype=f"<{trace[axis]['dtype']}") for axis in "xy")  # fmt: skip
            ends = np.flatnonzero(np.isnan(x))
            for low, high in zip([0, *(ends[:-1] + 1)], ends, strict=True):
                drawn[int(np.floor(x[low:high].min() - 0.5))] = (letter, y[low:high].max())
    for base in range(100_050, 100_120):
        assert drawn[base] == (sequence[base], base)
    assert structure([row], PLAIN) != structure([row_of(saliency, view_of(able))], PLAIN)


def test_progress_names_model_and_stage(able: Sources) -> None:
    (job,) = service(able, "endless").start(view_of(able))
    said: set[str] = set()
    while "DILATED: looking" not in said:
        said.add(job.description)
        time.sleep(0.01)
        assert not job.ended
    job.cancel()
    assert job.wait(60) == "cancelled"
    assert all(text.startswith("DILATED: ") for text in said if text)


def test_what_the_computation_refuses_is_told(able: Sources) -> None:
    (job,) = service(able, "refused").start(view_of(able))
    assert job.wait(60) == "failed"
    assert job.error == "no position reaches the threshold"


def test_cancelling_ends_it(able: Sources) -> None:
    (job,) = service(able, "endless").start(view_of(able))
    job.cancel()
    assert job.wait(60) == "cancelled"


def test_only_what_can_be_computed_is_begun(sources: Sources, able: Sources, world: World) -> None:
    with pytest.raises(RegtrackError, match="with its checkpoint"):
        service(sources).start(view_of(sources))
    with pytest.raises(RegtrackError, match="with a reference"):
        service(replace(able, reference=None)).start(view_of(able))
    assert len(parse_region("chr1:1,000,000-1,050,000", HUMAN)) <= MOST_BASES
    wide = Interval("chr1", 0, MOST_BASES + 1)
    with pytest.raises(RegtrackError, match="zoom in"):
        service(able).start(view_of(able, wide))
    with pytest.raises(RegtrackError, match="no model on screen"):
        service(able).start(replace(view_of(able), markers=()))


def test_a_row_says_where_nothing_was_computed(able: Sources) -> None:
    row = row_of(service(able), view_of(able))
    assert row.curves == ()
    assert "not computed" in row.problem


def test_wide_saliency_keeps_what_is_farthest_from_0() -> None:
    values = np.zeros(2_500, dtype=np.float32)
    values[7], values[8], values[2_499] = 3, -5, 2
    place = Interval("chr1", 30_000, 32_500)
    curve = on_screen(values, place, place, "m", 0)
    assert curve.step == 3
    first = (place.start - curve.start) // 3
    assert curve.mean[first + 2] == -5
    assert curve.mean[first + 833] == 2
    assert np.isnan(curve.mean).sum() == len(curve.mean) - 834
    near = on_screen(values, place, Interval("chr1", 30_000, 30_020), "m", 0)
    assert (near.step, near.mean[27], near.mean[28]) == (1, 3, -5)
    wide = on_screen(values, place, Interval("chr1", 0, 200_000_000), "m", 0)
    assert np.nanmin(wide.mean) == -5
    assert len(wide.mean) <= 2_000
