"""Calls of whole sweeps: their files, read by other programs, and tables that do not belong."""

from __future__ import annotations

import csv
import json
import logging
import math
import shutil
from pathlib import Path

import numpy as np
import pybigtools
import pyBigWig
import pytest
from small_lab import Lab
from small_tracks import write_bigwig, write_sweep

from regtrack.calls.rule import CallRule
from regtrack.calls.run import call_peaks
from regtrack.checkpoint_header import read_header
from regtrack.errors import CheckpointError, MarkerError, OutputError, RegtrackError, TrackError
from regtrack.files.records import check_seal, read_record
from regtrack.genome.sequence import N

EASY = CallRule(precision=0.35, extend_to=0.3, min_length=3, max_gap=2)


def rows_of(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()]


def test_peaks_have_the_precision_that_is_written_beside_them(lab: Lab, tmp_path: Path) -> None:
    """On the valid split itself: all bases from the threshold on are counted again."""
    sweep = lab.tracks("exact", keep_bits=23)
    summary = call_peaks(sweep, tmp_path / "calls", EASY, markers=["cell_a", "cell_b"])
    header = read_header(lab.folder / "calibrated.safetensors")
    assert header.calibration is not None
    for called, at in zip(summary.tracks, (0, 1), strict=True):
        table = header.calibration.markers[at].thresholds
        assert called.threshold is not None and called.precision is not None
        assert called.precision == table.precision[list(table.scores).index(called.threshold)]
        known = lab.dataset.codes("chr2", 0, 6_000) != N
        with pyBigWig.open(str(sweep / called.track)) as file:
            values = file.values("chr2", 0, 6_000, numpy=True)[known]
        labels = lab.dataset.dense("chr2", 0, 6_000)[at, known].astype(bool)
        above = values >= np.float32(called.threshold)
        assert labels[above].mean() == pytest.approx(called.precision, abs=0.01)
        assert labels[above].sum() / labels.sum() == pytest.approx(called.recall, abs=0.01)
        assert called.precision >= 0.35
        assert called.low_precision is not None and called.low_precision >= 0.3


def test_other_programs_read_the_same_peaks(lab: Lab, tmp_path: Path) -> None:
    sweep = lab.tracks("tracks")
    summary = call_peaks([sweep], tmp_path / "calls", EASY, markers=["cell_a"])
    (called,) = summary.tracks
    rows = rows_of(tmp_path / "calls" / called.narrow_peak)
    assert len(rows) == called.peaks > 3
    header = read_header(lab.folder / "calibrated.safetensors")
    assert header.calibration is not None
    table = header.calibration.markers[0].thresholds
    assert rows == sorted(rows, key=lambda row: (row[0].encode(), int(row[1])))
    with pyBigWig.open(str(sweep / called.track)) as file:
        for number, row in enumerate(rows, 1):
            chrom, start, end = row[0], int(row[1]), int(row[2])
            values = file.values(chrom, start, end, numpy=True)
            top = float(np.nanmax(values))
            assert values[int(row[9])] == np.float32(top)
            assert row[3] == f"cell_a.{number}"
            assert (row[4], row[5], row[7]) == (str(round(1000 * top)), ".", "-1")
            assert float(row[6]) == pytest.approx(top, rel=1e-5)
            q = table.q_values(np.array([top]))[0]
            assert float(row[8]) == pytest.approx(-math.log10(q), rel=1e-4, abs=1e-9)
            assert 10 ** -float(row[8]) <= 0.65 + 1e-6
    with pybigtools.open(str(tmp_path / "calls" / called.bigbed)) as bigbed:
        for chrom in ("chr1", "chr2"):
            found = [(s, e, *rest) for s, e, *rest in bigbed.records(chrom, 0, 6_000)]
            expected = [(int(r[1]), int(r[2]), *r[3:]) for r in rows if r[0] == chrom]
            assert [row[:4] for row in found] == [row[:4] for row in expected]
            for mine, theirs in zip(found, expected, strict=True):
                assert [float(v) for v in mine[5:]] == pytest.approx(
                    [float(v) for v in theirs[5:]], rel=1e-5
                )


def test_the_record_says_what_was_done(lab: Lab, tmp_path: Path) -> None:
    call_peaks(lab.tracks("tracks"), tmp_path / "calls", EASY)
    record = read_record(tmp_path / "calls" / "calls.json")
    check_seal(record)
    assert record["rule"]["precision"] == 0.35 and record["rule"]["min_length"] == 3
    weights = json.loads((lab.tracks("tracks") / "sweep.json").read_text())["checkpoint"]["weights"]
    assert list(record["checkpoints"].values()) == [weights]
    with (tmp_path / "calls" / "calls.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["marker"] for row in rows] == ["cell_a", "cell_b", "cell_c"]
    assert [row["marker"] for row in record["tracks"]] == [row["marker"] for row in rows]
    assert float(rows[0]["precision"]) >= 0.35
    with pytest.raises(OutputError, match="exists"):
        call_peaks(lab.tracks("tracks"), tmp_path / "calls", EASY)
    call_peaks(lab.tracks("tracks"), tmp_path / "calls", EASY, overwrite=True)


def test_fewer_than_one_thread_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrackError, match="`threads` is 0; expected at least 1"):
        call_peaks(tmp_path / "tracks", tmp_path / "calls", EASY, threads=0)


def test_the_result_does_not_depend_on_threads(lab: Lab, tmp_path: Path) -> None:
    for name, threads in (("one", 1), ("three", 3)):
        call_peaks(lab.tracks("tracks"), tmp_path / name, EASY, threads=threads)
    one, three = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "three")
    )
    assert one == three


def test_markers_without_a_table_are_left_out_and_named(
    lab: Lab, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = call_peaks(lab.tracks("tracks"), tmp_path / "calls", EASY)
    assert [one.marker for one in found.tracks] == ["cell_a", "cell_b", "cell_c"]
    assert "too few labelled bases for thresholds: cell_few" in caplog.text
    with pytest.raises(MarkerError, match=r"no marker of .* has thresholds: each has too few"):
        call_peaks(lab.tracks("tracks"), tmp_path / "none", EASY, markers=["cell_few"])


def test_nothing_found_is_an_empty_valid_file(lab: Lab, tmp_path: Path) -> None:
    never = CallRule(precision=0.999)
    (called,) = call_peaks(lab.tracks("tracks"), tmp_path / "a", never, markers="cell_a").tracks
    assert (called.peaks, called.threshold) == (0, None)
    assert "no threshold has this precision; the best has" in called.note
    high = CallRule(threshold=0.9999)
    (other,) = call_peaks(lab.tracks("tracks"), tmp_path / "b", high, markers=["cell_a"]).tracks
    assert (other.peaks, other.note) == (0, "no peak")
    for folder, one in (("a", called), ("b", other)):
        assert (tmp_path / folder / one.narrow_peak).read_bytes() == b""
        with pybigtools.open(str(tmp_path / folder / one.bigbed)) as bigbed:
            assert bigbed.chroms() == {"chr1": 6_000, "chr2": 6_000}
            assert list(bigbed.records("chr1", 0, 6_000)) == []


def test_any_bigwig_can_be_called_by_a_threshold(tmp_path: Path) -> None:
    values = np.zeros(3_000, dtype=np.float32)
    values[100:300], values[150:160], values[2_000:2_200] = 4.0, 8.0, 5.0
    path = write_bigwig(tmp_path / "signal.bw", {"chr1": values})
    rule = CallRule(threshold=5, extend_to=2)
    (called,) = call_peaks(path, tmp_path / "calls", rule).tracks
    assert (called.marker, called.peaks, called.bases) == (None, 2, 400)
    assert rows_of(tmp_path / "calls" / called.narrow_peak) == [
        ["chr1", "100", "300", "signal.1", "1000", ".", "8", "-1", "-1", "54"],
        ["chr1", "2000", "2200", "signal.2", "625", ".", "5", "-1", "-1", "99"],
    ]


@pytest.mark.parametrize(
    ("case", "error", "said"),
    [
        ("logits", TrackError, "holds logits, and tables of thresholds are of scores"),
        ("strands", TrackError, "holds means of both strands"),
        ("raw", TrackError, "there is no table of thresholds for .*; run regtrack calibrate"),
        ("loose", TrackError, "there is no table of thresholds for .*give the folder of its sweep"),
        ("again", CheckpointError, "again.safetensors is another calibration of the network"),
        ("stranger", CheckpointError, "stranger.safetensors is another network than the one"),
        ("uncalibrated", CheckpointError, "raw.safetensors is not calibrated"),
        ("saliency", TrackError, "holds saliency, which has no peaks"),
        ("nothing", TrackError, "nothing at"),
    ],
)
def test_scores_and_tables_that_do_not_belong_together_are_refused(
    lab: Lab, tmp_path: Path, case: str, error: type[RegtrackError], said: str
) -> None:
    checkpoint = None
    sweep = tmp_path / "nothing"
    if case == "logits":
        sweep = lab.tracks("logits", logits=True)
    elif case == "strands":
        sweep = lab.tracks("strands", reverse_complement=True)
    elif case == "raw":
        sweep = lab.tracks("of-raw", "raw")
    elif case == "loose":
        sweep = next(lab.tracks("tracks").glob("*.bw"))
    elif case == "saliency":
        tracks = {"cell_a": {"chr1": np.ones(50, dtype=np.float32)}}
        sweep = write_sweep(tmp_path / "s", "cnn1", tracks, "gradient-x-input of all outputs")
    elif case != "nothing":
        sweep = lab.tracks("tracks")
        name = {"uncalibrated": "raw"}.get(case, case)
        checkpoint = lab.folder / f"{name}.safetensors"
    with pytest.raises(error, match=said):
        call_peaks(sweep, tmp_path / "calls", EASY, checkpoint=checkpoint)
    assert not (tmp_path / "calls").exists()


@pytest.mark.parametrize(("case", "said"), [
    ("loose", "`checkpoint` is the one that made a sweep, and no sweep is given"),
    ("raw", "regtrack calibrate on its checkpoint and predict with the result, or omit `check"),
    ("logits", "predict scores, or omit `checkpoint`"),
    ("stranger", "is another network than the one"),
])  # fmt: skip
def test_a_checkpoint_counts_by_threshold_too(
    lab: Lab, tmp_path: Path, case: str, said: str
) -> None:
    if case == "logits":
        sweep = lab.tracks("logits", logits=True)
    else:
        sweep = lab.tracks("of-raw", "raw") if case == "raw" else lab.tracks("tracks")
    given = next(sweep.glob("*.bw")) if case == "loose" else sweep
    name = "stranger" if case == "stranger" else "calibrated"
    checkpoint, rule = lab.folder / f"{name}.safetensors", CallRule(threshold=0.1)
    with pytest.raises(RegtrackError, match=said) as caught:
        call_peaks(given, tmp_path / "calls", rule, checkpoint=checkpoint)
    assert "give a `threshold`" not in str(caught.value)
    assert not (tmp_path / "calls").exists()


def test_a_sweep_that_was_moved_needs_its_checkpoint(lab: Lab, tmp_path: Path) -> None:
    sweep = tmp_path / "moved"
    shutil.copytree(lab.tracks("tracks"), sweep)
    record = (sweep / "sweep.json").read_text()
    gone = lab.folder / "elsewhere.safetensors"
    (lab.folder / "calibrated.safetensors").rename(gone)
    try:
        with pytest.raises(CheckpointError, match="is not there; give it as `checkpoint`"):
            call_peaks(sweep, tmp_path / "calls", EASY)
        found = call_peaks(sweep, tmp_path / "calls", EASY, checkpoint=gone, markers="cell_a")
        assert found.tracks[0].peaks > 0
        # a threshold needs none, and then there are no q-values
        bare = call_peaks(sweep, tmp_path / "bare", CallRule(threshold=0.1), markers="cell_a")
        assert {row[8] for row in rows_of(tmp_path / "bare" / bare.tracks[0].narrow_peak)} == {"-1"}
    finally:
        gone.rename(lab.folder / "calibrated.safetensors")
    assert (sweep / "sweep.json").read_text() == record


def test_two_tracks_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_bigwig(tmp_path / folder / "x.bw", {"chr1": np.ones(50, dtype=np.float32)})
    paths = [tmp_path / folder / "x.bw" for folder in ("a", "b")]
    with pytest.raises(TrackError, match="have one name, so that their peaks would too"):
        call_peaks(paths, tmp_path / "calls", CallRule(threshold=0.5))
