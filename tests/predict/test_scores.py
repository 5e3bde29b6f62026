"""`regtrack.scores`: a region or a sequence in, an array with named rows out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import regtrack
from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.errors import AssemblyError, DeviceError, MarkerError, RegionError, SequenceError
from regtrack.genome.interval import Interval
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import N, decode
from regtrack.predict.forward import scores_of_codes
from regtrack.predict.scores import RegionScores, scores
from regtrack.sweep.request import Compute, Storage
from regtrack.sweep.run import predict_genome
from regtrack.tracks.bigwig.read import values as stored
from tests.sweep.toys import (
    ROUNDING,
    Sequences,
    as_checkpoint,
    random_codes,
    small_model,
    write_fasta,
)

CODES = {
    "chr1": random_codes(61_003, 0, [(0, 30), (24_990, 25_005)]),
    "chr2": random_codes(640, 1),
}


@pytest.fixture(scope="module")
def fasta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fasta(tmp_path_factory.mktemp("reference") / "r.fa", CODES)


def checkpoint_of(name: str) -> Checkpoint:
    return as_checkpoint(small_model(name), Sequences(CODES).assembly)


@pytest.mark.parametrize("options", [{}, {"reverse_complement": True}, {"logits": True}], ids=str)
@pytest.mark.parametrize("name", ["cnn7", "dilated", "bi-lstm"])
def test_scores_equal_those_that_the_sweep_stores(
    name: str, options: dict[str, Any], fasta: Path, tmp_path: Path
) -> None:
    checkpoint = checkpoint_of(name)
    predict_genome(
        checkpoint, fasta, tmp_path / "tracks",
        compute=Compute(reverse_complement=options.get("reverse_complement", False)),
        storage=Storage(keep_bits=23, logits=options.get("logits", False)),
    )  # fmt: skip
    # across the edges of windows, at 25,000 and 50,000, and up to the chromosome's end
    for region in (Interval("chr1", 24_001, 52_003), Interval("chr1", 60_990, 61_003)):
        found = scores(checkpoint, fasta, region, **options)
        for marker in checkpoint.markers:
            track = stored(tmp_path / "tracks" / f"{name}.{marker.name}.bw", region)
            np.testing.assert_allclose(found[marker.name], track, rtol=0, atol=1e-6)
        assert np.array_equal(
            np.isnan(found.values[0]), CODES["chr1"][region.start : region.end] == N
        )


@pytest.mark.parametrize("name", ["cnn7", "id-cnn"])
def test_scores_equal_those_of_one_pass_over_the_whole_chromosome(name: str, fasta: Path) -> None:
    checkpoint = checkpoint_of(name)
    whole = scores_of_codes(checkpoint.model, CODES["chr1"][None])[0, :, 30_000:31_000]
    found = scores(checkpoint, fasta, "chr1:30,001-31,000")
    np.testing.assert_allclose(found.values, whole, rtol=0, atol=ROUNDING)
    assert np.ptp(whole, axis=1).min() > 1e4 * ROUNDING


def test_the_result_has_names_and_its_region(fasta: Path) -> None:
    checkpoint = checkpoint_of("cnn3")
    found = scores(checkpoint, fasta, "2:11-20", markers=["*dnase", "*TF"])  # "2" is chr2
    assert (found.chrom, found.start, found.end) == ("chr2", 10, 20)
    assert found.interval == Interval("chr2", 10, 20)
    assert found.markers == ("K562_TF", "K562_DNase")  # in the checkpoint's order
    assert (found.model, found.logits) == ("cnn3", False)
    assert found.values.shape == (2, 10)
    np.testing.assert_array_equal(found["K562_DNase"], found.values[1])
    with pytest.raises(MarkerError, match=r'called "K562_DNAse" among 2.* Did you mean "K562_DN'):
        found["K562_DNAse"]


def test_a_sequence_is_a_whole_chromosome_as_letters_or_codes(fasta: Path) -> None:
    checkpoint = checkpoint_of("dilated")
    codes = CODES["chr2"]
    chromosome = scores(checkpoint, fasta, "chr2")
    for sequence in (codes, decode(codes), decode(codes).lower()):
        found = scores(checkpoint, sequence=sequence)
        np.testing.assert_allclose(found.values, chromosome.values, rtol=0, atol=ROUNDING)
        assert (found.interval, found.chrom, found.start, found.end) == (None, None, None, None)
        np.testing.assert_array_equal(scores(checkpoint, sequence).values, found.values)
    assert np.isnan(scores(checkpoint, sequence="ACRN").values[:, 2:]).all()


def test_a_checkpoint_is_a_value_or_a_file_and_a_reference_too(fasta: Path, tmp_path: Path) -> None:
    checkpoint = checkpoint_of("cnn3")
    checkpoint.model.float().train()
    save_checkpoint(tmp_path / "checkpoint.safetensors", checkpoint)
    expected = scores(checkpoint, fasta, "chr2:1-100")
    assert checkpoint.model.training  # given back as it was
    with Reference(fasta) as reference:
        for one, where in (
            (tmp_path / "checkpoint.safetensors", str(fasta)),
            (str(tmp_path), reference),  # the folder of a run
            (checkpoint, Sequences(CODES)),
        ):
            found = scores(one, where, "chr2:1-100")
            np.testing.assert_array_equal(found.values, expected.values)
        assert reference.codes("chr2", 0, 3).tolist() == CODES["chr2"][:3].tolist()  # still open


def test_it_is_exported_by_the_package() -> None:
    assert regtrack.scores is scores
    assert regtrack.RegionScores is RegionScores
    assert {"scores", "RegionScores"} <= set(regtrack.__all__)


def test_bad_requests_are_refused(fasta: Path) -> None:
    checkpoint = checkpoint_of("cnn1")
    for given in (
        {},
        {"reference": fasta},
        {"reference": str(fasta)},
        {"region": "chr2"},
        {"reference": fasta, "region": "chr2", "sequence": "ACGT"},
        {"reference": fasta, "sequence": "ACGT"},
    ):
        with pytest.raises(SequenceError, match="expected either `reference` and `region`, or"):
            scores(checkpoint, **given)
    for sequence, problem in (
        ("ACGU-", "2 of the 5 letters of the sequence are not DNA"),
        ("ACGT\n", "1 of the 5 letters"),
        ("", "the sequence is empty"),
        (np.array([0, 5], dtype=np.uint8), "expected letters, or codes"),
        (np.array([0, 1]), "has int64 of shape"),
        (np.zeros((1, 3), dtype=np.uint8), r"of shape \(1, 3\)"),
    ):
        with pytest.raises(SequenceError, match=problem):
            scores(checkpoint, sequence=sequence)
    with pytest.raises(SequenceError, match="a sequence with a `region`"):
        scores(checkpoint, CODES["chr2"], "chr2:1-100")
    with pytest.raises(RegionError, match="whose bases are 1 to 640"):
        scores(checkpoint, fasta, Interval("chr2", 600, 641))
    with pytest.raises(MarkerError, match='no marker matches "CTCF"'):
        scores(checkpoint, fasta, "chr2", markers="CTCF")
    for option, problem in (({"precision": "fp16"}, "fp16"), ({"device": "tpu"}, "tpu")):
        with pytest.raises(DeviceError, match=problem):
            scores(checkpoint, fasta, "chr2", **option)


def test_another_assembly_is_refused_unless_allowed(fasta: Path) -> None:
    other = Sequences({"chr2": random_codes(641, 1)})
    checkpoint = checkpoint_of("cnn1")
    with pytest.raises(AssemblyError, match="another assembly"):
        scores(checkpoint, other, "chr2")
    assert scores(checkpoint, other, "chr2", any_assembly=True).values.shape == (3, 641)
