"""`predict_genome` from files to files: seamless, without values at N, published on success."""

from __future__ import annotations

import itertools
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import torch

from regtrack.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from regtrack.errors import (
    AssemblyError,
    CheckpointError,
    DeviceError,
    MarkerError,
    OutputError,
    PlanError,
    RegtrackError,
    TrackError,
)
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import Codes, reverse_complement
from regtrack.predict.forward import scores_of_codes
from regtrack.sweep.job import open_job
from regtrack.sweep.request import Compute, Selection, Storage, SweepRequest, make_request
from regtrack.sweep.run import forecast_sweep, predict_genome
from regtrack.sweep.summary import Forecast
from regtrack.tracks.bigwig.read import chroms, values

from .toys import (
    CATEGORIES,
    ROUNDING,
    as_checkpoint,
    grouped,
    random_codes,
    small_model,
    write_fasta,
)

CONVOLUTIONAL = ("cnn1", "cnn3", "cnn7", "id-cnn", "dilated", "hybrid")

# no multiple of anything; N at a start, an end and inside; shorter than a stride; all N
CODES: dict[str, Codes] = {
    "chr2": random_codes(6_007, 0, [(0, 30), (2_000, 3_111)]),
    "chr10": random_codes(1_403, 1, [(1_390, 1_403)]),
    "chrM": random_codes(7, 2),
    "chrN": random_codes(50, 3, [(0, 50)]),
}
ASSEMBLY = Assembly(tuple(CODES), tuple(map(len, CODES.values())))


@pytest.fixture(scope="module")
def fasta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fasta(tmp_path_factory.mktemp("reference") / "r.fa", CODES)


def one_pass(checkpoint: Checkpoint, codes: Codes, *, both_strands: bool = False) -> np.ndarray:
    """Scores (M, L) of a whole chromosome in one forward pass, NaN where it is N."""
    found = scores_of_codes(checkpoint.model, codes[None])[0]
    if both_strands:
        reverse = scores_of_codes(checkpoint.model, reverse_complement(codes)[None])[0]
        found = (found + reverse[:, ::-1]) / 2
    found[:, codes == 4] = np.nan
    return found


def written(out: Path, model: str, chrom: str, length: int) -> np.ndarray:
    """The tracks (M, L) of a chromosome as the files hold them."""
    whole = Interval(chrom, 0, length)
    files = [out / f"{model}.K562_{kind}.bw" for kind in CATEGORIES]
    return np.stack([values(file, whole) for file in files])


def assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize(
    "options",
    [
        {"window": 500, "batch_size": 1},
        {"window": 940, "batch_size": 3},
        {"window": 100, "batch_size": 7, "reverse_complement": True},
        {"window": 6_007},
        {},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_stitched_tracks_equal_one_pass(
    tmp_path: Path, fasta: Path, name: str, options: dict[str, Any]
) -> None:
    checkpoint = as_checkpoint(small_model(name), ASSEMBLY)
    out = tmp_path / "tracks"
    predict_genome(checkpoint, fasta, out, **grouped(keep_bits=23, **options))
    both = options.get("reverse_complement", False)
    for chrom, codes in CODES.items():
        expected = one_pass(checkpoint, codes, both_strands=both)
        if chrom == "chr2":  # the comparison means something: scores vary along the sequence
            assert np.ptp(expected[:, codes != 4], axis=1).min() > 1e4 * ROUNDING
        assert_same(written(out, name, chrom, len(codes)), expected)


@pytest.mark.parametrize("pooling", ["max", "dilated"])
def test_pooling_needs_a_wider_flank_and_gets_it(tmp_path: Path, fasta: Path, pooling: str) -> None:
    checkpoint = as_checkpoint(small_model("dilated", pooling=pooling), ASSEMBLY)
    predict_genome(
        checkpoint,
        fasta,
        tmp_path / "t",
        compute=Compute(window=500, batch_size=2),
        storage=Storage(keep_bits=23),
    )
    found = written(tmp_path / "t", "dilated", "chr2", 6_007)
    assert_same(found, one_pass(checkpoint, CODES["chr2"]))


def test_a_string_is_one_marker_and_one_chromosome(tmp_path: Path, fasta: Path) -> None:
    checkpoint = as_checkpoint(small_model("cnn1"), ASSEMBLY)
    marker = checkpoint.markers[1].name
    summary = predict_genome(checkpoint, fasta, tmp_path / "t", markers=marker, chroms="chr2")
    assert [track.marker for track in summary.tracks] == [marker]
    record = json.loads((tmp_path / "t" / "sweep.json").read_text())
    assert record["plan"]["chroms"] == ["chr2"]


def test_regions_and_exclude_choose_bases_and_change_no_value(tmp_path: Path, fasta: Path) -> None:
    (tmp_path / "regions.bed").write_text("chr2\t100\t101\nchr2\t1900\t3500\nchr10\t0\t1403\n")
    (tmp_path / "exclude.bed").write_text("chr2\t3200\t3300\nchr10\t5\t1403\n")
    checkpoint = as_checkpoint(small_model("cnn7"), ASSEMBLY)
    summary = predict_genome(
        checkpoint,
        fasta,
        tmp_path / "t",
        compute=Compute(window=200, batch_size=2),
        storage=Storage(keep_bits=23),
        selection=Selection(regions=tmp_path / "regions.bed", exclude=tmp_path / "exclude.bed"),
    )
    wanted = {chrom: np.zeros(len(codes), bool) for chrom, codes in CODES.items()}
    wanted["chr2"][100] = wanted["chr2"][1900:3200] = wanted["chr2"][3300:3500] = True
    wanted["chr10"][:5] = True
    for chrom, codes in CODES.items():
        expected = one_pass(checkpoint, codes)
        expected[:, ~wanted[chrom]] = np.nan
        assert_same(written(tmp_path / "t", "cnn7", chrom, len(codes)), expected)
    n_bases = 3_111 - 2_000
    assert (summary.bases, summary.absent) == (1 + 1300 + 200 + 5 - n_bases, n_bases)


@pytest.mark.real
@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_real_sequence_with_an_n_run(tmp_path: Path, real_data: Path, name: str) -> None:
    with Reference(real_data / "chr1_hg38_10M.fa.gz") as whole:
        codes = whole.codes("chr1", 190_004, 290_017)  # the N are 207,666 to 257,666
    assert (codes == 4).sum() == 50_000
    fasta = write_fasta(tmp_path / "r.fa", {"chr1": codes})
    checkpoint = as_checkpoint(small_model(name), Assembly(("chr1",), (len(codes),)))
    expected = one_pass(checkpoint, codes)
    for index, options in enumerate(
        [{"window": 1_000, "batch_size": 13}, {"window": 25_000, "batch_size": 1}, {}]
    ):
        out = tmp_path / str(index)
        predict_genome(checkpoint, fasta, out, **grouped(keep_bits=23, **options))
        assert_same(written(out, name, "chr1", len(codes)), expected)


def lstm_errors(tmp_path: Path, codes: Codes, flanks: tuple[int, ...]) -> list[float]:
    """The largest difference from one pass, by flank."""
    fasta = write_fasta(tmp_path / "r.fa", {"c": codes})
    checkpoint = as_checkpoint(small_model("bi-lstm"), Assembly(("c",), (len(codes),)))
    expected = one_pass(checkpoint, codes)
    errors = []
    for flank in flanks:
        out = tmp_path / str(flank)
        predict_genome(
            checkpoint,
            fasta,
            out,
            compute=Compute(window=1_000, flank=flank, batch_size=3),
            storage=Storage(keep_bits=23),
        )
        found = written(out, "bi-lstm", "c", len(codes))
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
        errors.append(float(np.nanmax(np.abs(found - expected))))
    return errors


def test_a_bi_lstm_comes_closer_to_one_pass_with_more_flank(tmp_path: Path) -> None:
    errors = lstm_errors(tmp_path, CODES["chr2"], (0, 50, 200, 800, 1_600))
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 2 * errors[1] > 4 * errors[2] > 400 * errors[3]
    assert errors[4] <= ROUNDING


@pytest.mark.real
def test_a_bi_lstm_on_real_sequence(tmp_path: Path, real_data: Path) -> None:
    with Reference(real_data / "chr1_hg38_10M.fa.gz") as whole:
        codes = whole.codes("chr1", 204_001, 209_008)
    errors = lstm_errors(tmp_path, codes, (0, 200, 1_600))
    assert errors[0] > 10 * errors[1] > 100 * errors[2]
    assert errors[2] <= ROUNDING


def test_windows_of_a_bi_lstm_are_the_same_alone_and_in_a_batch(
    tmp_path: Path, fasta: Path
) -> None:
    checkpoint = as_checkpoint(small_model("bi-lstm"), ASSEMBLY)
    for batch_size in (1, 4):
        predict_genome(
            checkpoint,
            fasta,
            tmp_path / str(batch_size),
            compute=Compute(window=500, batch_size=batch_size),
            storage=Storage(keep_bits=23),
        )
    alone, together = (
        written(tmp_path / batch_size, "bi-lstm", "chr2", 6_007) for batch_size in "14"
    )
    assert_same(alone, together)


def test_files_are_named_by_model_and_marker_and_open_in_pybigwig(
    tmp_path: Path, fasta: Path
) -> None:
    checkpoint = as_checkpoint(small_model("cnn3"), ASSEMBLY)
    out = tmp_path / "tracks"
    summary = predict_genome(checkpoint, fasta, out, markers=["category:dnase", "*_TF"])
    assert [track.file for track in summary.tracks] == ["cnn3.K562_TF.bw", "cnn3.K562_DNase.bw"]
    assert {path.name for path in out.iterdir()} == {
        "cnn3.K562_TF.bw", "cnn3.K562_DNase.bw", "sweep.json",
    }  # fmt: skip
    assert list(tmp_path.glob(".*")) == []
    known = sum(int((codes != 4).sum()) for codes in CODES.values())
    for track in summary.tracks:
        handle = pyBigWig.open(str(out / track.file))
        assert handle.chroms() == {chrom: len(codes) for chrom, codes in CODES.items()}
        header = handle.header()
        handle.close()
        assert header["nLevels"] >= 1
        assert header["nBasesCovered"] == track.bases == summary.bases == known
        assert track.size == (out / track.file).stat().st_size
    found = np.concatenate(
        [values(out / "cnn3.K562_TF.bw", Interval(c, 0, len(codes))) for c, codes in CODES.items()]
    )
    first = summary.tracks[0]
    assert (first.low, first.high) == (np.nanmin(found), np.nanmax(found))
    assert first.mean == pytest.approx(np.nanmean(found.astype(np.float64)))
    assert list(chroms(out / first.file).names) == sorted(CODES, key=str.encode)


def test_the_record_describes_the_tracks_and_is_reproducible(tmp_path: Path, fasta: Path) -> None:
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, as_checkpoint(small_model("cnn1").float(), ASSEMBLY))
    outs = tmp_path / "a", tmp_path / "b"
    for out in outs:
        summary = predict_genome(str(path), str(fasta), str(out), compute=Compute(window=500))
    texts = [(out / "sweep.json").read_text() for out in outs]
    assert texts[0] == texts[1]
    tracks = [(out / "cnn1.K562_TF.bw").read_bytes() for out in outs]
    assert tracks[0] == tracks[1]
    record = json.loads(texts[0])
    assert record["format"] == 6
    assert {track["values"] for track in record["tracks"]} == {"scores"}
    assert record["checkpoint"]["path"] == str(path)
    assert record["checkpoint"]["model"] == "cnn1"
    assert record["checkpoint"]["dataset"] is None  # it was not trained
    with Reference(fasta) as reference:
        assert record["reference"]["sha256"] == reference.digest()
    assert record["plan"]["window"] == 500
    assert record["tracks"] == json.loads(json.dumps(summary.to_dict()))["tracks"]
    assert summary.to_dict()["out"] == str(outs[1])


def test_a_model_passed_as_an_object_is_not_changed(tmp_path: Path, fasta: Path) -> None:
    checkpoint = as_checkpoint(small_model("cnn3"), ASSEMBLY)
    checkpoint.model.train()
    predict_genome(checkpoint, fasta, tmp_path / "t")
    assert all(module.training for module in checkpoint.model.modules())


def test_bf16_is_close_to_fp32(tmp_path: Path, fasta: Path) -> None:
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, as_checkpoint(small_model("cnn7").float(), ASSEMBLY))
    predict_genome(path, fasta, tmp_path / "t", compute=Compute(precision="bf16"))
    found = written(tmp_path / "t", "cnn7", "chr2", 6_007)
    expected = one_pass(load_checkpoint(path), CODES["chr2"])
    assert 0 < np.nanmax(np.abs(found - expected)) < 0.05


def test_the_forecast_comes_first_and_progress_ends_at_the_total(
    tmp_path: Path, fasta: Path, recorder: Any
) -> None:
    forecasts: list[Forecast] = []

    def announce(forecast: Forecast) -> None:
        assert recorder.totals == {}
        forecasts.append(forecast)

    checkpoint = as_checkpoint(small_model("cnn3"), ASSEMBLY)
    summary = predict_genome(
        checkpoint,
        fasta,
        tmp_path / "t",
        announce=announce,
        progress=recorder,
        compute=Compute(window=500, batch_size=2),
    )
    (forecast,) = forecasts
    assert forecast.bases == ASSEMBLY.total == summary.bases + summary.absent
    assert forecast.windows == 13 + 3 + 1 + 1
    assert forecast.files == tuple(track.file for track in summary.tracks)
    assert recorder.totals == {"Computing": ASSEMBLY.total, "Joining": 3}
    assert recorder.done == recorder.totals
    json.dumps(forecast.to_dict())


def test_the_forecast_says_which_part_of_the_time_stores_values(
    tmp_path: Path, fasta: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4 ns per base and 14 per stored value, of three markers, beside passes of a known speed."""
    request = SweepRequest(as_checkpoint(small_model("cnn3"), ASSEMBLY), fasta, tmp_path / "t")
    monkeypatch.setattr("regtrack.sweep.job.cores", lambda: 1)
    for speed, resolution, each in ((1e6, 1, 18), (1e7, 1, 18), (1e7, 10, 5.4)):
        monkeypatch.setattr("regtrack.sweep.job.speed", lambda *_, speed=speed: speed)
        found = forecast_sweep(replace(request, storage=Storage(resolution=resolution)))
        assert found.encoding * found.seconds == pytest.approx(ASSEMBLY.total * 3 * each * 1e-9)
        assert found.seconds > ASSEMBLY.total * (1 / speed + 3 * each * 1e-9)


@pytest.mark.parametrize(("name", "shape"), [("cnn3", (1, 1_120)), ("bi-lstm", (2, 600))])
def test_on_a_device_the_forecast_times_a_pass_as_it_will_run(
    tmp_path: Path,
    fasta: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    shape: tuple[int, int],
) -> None:
    timed = []
    monkeypatch.setattr("regtrack.sweep.job.speed", lambda _, shape: timed.append(shape) or 1e6)
    request = SweepRequest(
        as_checkpoint(small_model(name), ASSEMBLY),
        fasta,
        tmp_path / "t",
        compute=Compute(window=500, batch_size=2, flank="auto" if name == "cnn3" else 50),
    )
    with open_job(request) as job:
        elsewhere = replace(job, computation=replace(job.computation, device=torch.device("meta")))
        assert elsewhere.forecast.memory > job.forecast.memory
    assert timed[0] == shape


def test_the_forecast_of_the_disk_is_an_upper_bound(tmp_path: Path) -> None:
    codes = random_codes(60_000)
    fasta = write_fasta(tmp_path / "r.fa", {"c": codes})
    checkpoint = as_checkpoint(small_model("cnn7"), Assembly(("c",), (len(codes),)))
    forecasts: list[Forecast] = []
    summary = predict_genome(checkpoint, fasta, tmp_path / "t", announce=forecasts.append)
    assert summary.size <= forecasts[0].disk


@pytest.mark.parametrize(
    "changes",
    [
        {"window": 20, "flank": 20},
        {"window": 20, "flank": 20, "resolution": 20, "keep_bits": 23},
        {"regions": "dense.bed"},
        {"regions": "sparse.bed", "batch_size": 1, "window": 1_000},
        {"exclude": "dense.bed", "resolution": 10},
    ],
)
def test_the_forecast_of_the_disk_holds_for_small_windows_and_many_regions(
    tmp_path: Path, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, step in (("dense.bed", 60), ("sparse.bed", 900)):
        lines = [f"c\t{start}\t{start + 20}\n" for start in range(0, 20_000, step)]
        Path(name).write_text("".join(lines))
    codes = random_codes(20_000)
    fasta = write_fasta(tmp_path / "r.fa", {"c": codes})
    checkpoint = as_checkpoint(small_model("cnn1"), Assembly(("c",), (len(codes),)))
    forecasts: list[Forecast] = []
    options = {"window": 500, "batch_size": 1} | changes
    summary = predict_genome(
        checkpoint, fasta, "t", announce=forecasts.append, **grouped(**options)
    )
    assert 0.1 * forecasts[0].disk < summary.size <= forecasts[0].disk


Refusal = tuple[dict[str, Any], type[RegtrackError], str]


@pytest.mark.parametrize(
    "refusal",
    [
        ({"markers": ["CTCF"]}, MarkerError, 'no marker matches "CTCF"'),
        ({"chroms": ["chr7"]}, AssemblyError, '"chr7"'),
        ({"chroms": ["chr2"], "regions": "empty.bed"}, PlanError, "give one of"),
        ({"regions": "empty.bed"}, PlanError, "has no base on the reference"),
        ({"exclude": "all.bed"}, PlanError, "nothing to predict"),
        ({"chroms": ["chrN"]}, PlanError, "all requested bases are N"),
        ({"region": "chr2:2,001-3,111"}, PlanError, "all requested bases are N"),
        ({"regions": "unknown.bed"}, PlanError, "all requested bases are N"),
        ({"exclude": "known.bed"}, PlanError, "all requested bases are N"),
        ({"window": 505}, PlanError, "such as 500 or 510"),
        ({"flank": 10}, PlanError, "would leave seams"),
        ({"batch_size": 0}, PlanError, "`batch_size` is 0;"),
        ({"batch_size": "many"}, PlanError, '`batch_size` is "many"'),
        ({"keep_bits": 24}, TrackError, "expected 1 to 23"),
        ({"resolution": 0}, PlanError, "`resolution` is 0 bp; expected at least 1"),
        ({"resolution": 3, "window": 500}, PlanError, "choose a `window` of 510 bp"),
        ({"precision": "fp8"}, DeviceError, "fp8"),
        ({"device": "cuda:77"}, DeviceError, "torch finds no GPU"),
    ],
    ids=lambda refusal: str(refusal[0]),
)
def test_invalid_requests_are_refused_and_leave_nothing(
    tmp_path: Path,
    fasta: Path,
    monkeypatch: pytest.MonkeyPatch,
    refusal: Refusal,
) -> None:
    options, error, message = refusal
    monkeypatch.chdir(tmp_path)
    Path("empty.bed").write_text("chr99\t0\t10\n")
    Path("all.bed").write_text("".join(f"{c}\t0\t{len(v)}\n" for c, v in CODES.items()))
    Path("unknown.bed").write_text("chr2\t0\t30\nchr2\t2500\t2600\nchrN\t1\t9\n")
    Path("known.bed").write_text("chr2\t30\t2000\nchr2\t3111\t6007\nchr10\t0\t1390\nchrM\t0\t7\n")
    before = set(tmp_path.iterdir())
    checkpoint = as_checkpoint(small_model("cnn7"), ASSEMBLY)
    with pytest.raises(error, match=message):
        forecast_sweep(make_request(checkpoint, fasta, "t", **grouped(**options)))
    with pytest.raises(error, match=message):
        predict_genome(checkpoint, fasta, "t", **grouped(**options))
    assert set(tmp_path.iterdir()) == before


def test_a_file_that_is_not_a_checkpoint(tmp_path: Path, fasta: Path) -> None:
    with pytest.raises(CheckpointError):
        predict_genome(fasta, fasta, tmp_path / "t")


def test_another_assembly_is_refused_unless_requested(
    tmp_path: Path, fasta: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoint = as_checkpoint(small_model("cnn1"), Assembly(("2", "7"), (5_000, 99)))
    difference = r"chr2 is 6,007 bp in the reference and 5,000 bp in training \(named 2 there\)"
    with pytest.raises(AssemblyError, match=f"{difference}.*`any_assembly=True`"):
        predict_genome(checkpoint, fasta, tmp_path / "t")
    with caplog.at_level(logging.WARNING, "regtrack"):
        predict_genome(checkpoint, fasta, tmp_path / "t", any_assembly=True)
    assert "is applied to another assembly: chr2 is 6,007 bp" in caplog.text


def test_a_genome_unrelated_to_the_training_is_noted(
    tmp_path: Path, fasta: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoint = as_checkpoint(small_model("cnn1"), Assembly(("mouse1",), (5_000,)))
    with caplog.at_level(logging.WARNING, "regtrack"):
        predict_genome(checkpoint, fasta, tmp_path / "t")
    assert "and training (mouse1) share no chromosome" in caplog.text


def test_names_are_bridged_and_further_chromosomes_are_not_noted(
    tmp_path: Path, fasta: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoint = as_checkpoint(small_model("cnn1"), Assembly(("10", "2"), (1_403, 6_007)))
    with caplog.at_level(logging.WARNING, "regtrack"):
        summary = predict_genome(checkpoint, fasta, tmp_path / "t", chroms=["10", "MT"])
    assert caplog.text == ""
    assert summary.bases == 1_390 + 7


def test_a_finished_output_is_kept_unless_overwrite_is_set(tmp_path: Path, fasta: Path) -> None:
    checkpoint = as_checkpoint(small_model("cnn1"), ASSEMBLY)
    out = tmp_path / "t"
    predict_genome(checkpoint, fasta, out, chroms=["chrM"])
    before = (out / "sweep.json").read_text()
    with pytest.raises(OutputError, match="exists already and is complete"):
        predict_genome(checkpoint, fasta, out)
    assert (out / "sweep.json").read_text() == before
    predict_genome(checkpoint, fasta, out, overwrite=True, markers=["*TF"])
    assert sorted(path.name for path in out.iterdir()) == ["cnn1.K562_TF.bw", "sweep.json"]


def test_an_interruption_keeps_finished_chunks_and_returns_the_model(
    tmp_path: Path, fasta: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("regtrack.sweep.chunks.CHUNK", 2_000)
    checkpoint = as_checkpoint(small_model("cnn1"), ASSEMBLY)
    model = checkpoint.model.train()
    options: dict[str, Any] = {"window": 500, "batch_size": 1}
    predict_genome(checkpoint, fasta, tmp_path / "undisturbed", **grouped(**options))
    logits, calls = model.logits, itertools.count(1)

    def interrupted(*arguments: Any) -> torch.Tensor:
        if next(calls) == 14:  # four of them time the model
            raise KeyboardInterrupt
        return logits(*arguments)

    monkeypatch.setattr(model, "logits", interrupted)
    with pytest.raises(KeyboardInterrupt):
        predict_genome(checkpoint, fasta, tmp_path / "t", **grouped(**options))
    assert {path.name for path in tmp_path.iterdir()} == {"undisturbed", "t.partial"}
    assert "chunks are kept in" in caplog.text
    assert model.training
    predict_genome(checkpoint, fasta, tmp_path / "t", **grouped(**options))
    assert_same_files(tmp_path / "undisturbed", tmp_path / "t")
    assert {path.name for path in tmp_path.iterdir()} == {"undisturbed", "t"}


def assert_same_files(expected: Path, found: Path) -> None:
    names = sorted(path.name for path in expected.iterdir())
    assert names == sorted(path.name for path in found.iterdir())
    for name in names:
        assert (found / name).read_bytes() == (expected / name).read_bytes(), name


@pytest.mark.parametrize("keep_bits", [4, 7])
def test_rounding_is_relative_and_the_default_is_7(
    tmp_path: Path, fasta: Path, keep_bits: int
) -> None:
    checkpoint = as_checkpoint(small_model("cnn3"), ASSEMBLY)
    options: dict[str, Any] = {} if keep_bits == 7 else {"keep_bits": keep_bits}
    predict_genome(checkpoint, fasta, tmp_path / "t", **grouped(**options))
    found = written(tmp_path / "t", "cnn3", "chr2", 6_007)
    expected = one_pass(checkpoint, CODES["chr2"])
    error = np.nanmax(np.abs(found - expected) / expected)
    assert 2 ** -(keep_bits + 3) < error <= 2 ** -(keep_bits + 1) + 1e-5


def test_a_resolution_stores_means_of_the_present_values(tmp_path: Path, fasta: Path) -> None:
    checkpoint = as_checkpoint(small_model("cnn3"), ASSEMBLY)
    predict_genome(
        checkpoint,
        fasta,
        tmp_path / "t",
        storage=Storage(resolution=20, keep_bits=23),
        compute=Compute(window=500, batch_size=3),
    )
    for chrom, codes in CODES.items():
        found = written(tmp_path / "t", "cnn3", chrom, len(codes))
        expected = np.full_like(found, np.nan)
        single = one_pass(checkpoint, codes)
        for start in range(0, len(codes), 20):
            present = codes[start : start + 20] != 4
            if present.any():
                there = single[:, start : start + 20][:, present]
                expected[:, start : start + 20] = there.mean(axis=1, keepdims=True)
        assert_same(found, expected)


def test_logits_are_stored_on_request(tmp_path: Path, fasta: Path) -> None:
    checkpoint = as_checkpoint(small_model("cnn3"), ASSEMBLY)
    predict_genome(checkpoint, fasta, tmp_path / "t", storage=Storage(logits=True, keep_bits=23))
    found = written(tmp_path / "t", "cnn3", "chr2", 6_007)
    assert_same(1 / (1 + np.exp(-found)), one_pass(checkpoint, CODES["chr2"]))
    assert json.loads((tmp_path / "t" / "sweep.json").read_text())["values"] == "logits"
