"""Several networks in one sweep: their mean and spread are those of sweeps of each."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.compare.open_sources import open_sources
from regtrack.compare.ranking import rank_windows
from regtrack.errors import AssemblyError, CheckpointError, OutputError, PlanError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.predict.network import traits_of
from regtrack.predict.opening import open_network
from regtrack.predict.reading import ReadRule
from regtrack.predict.scores import scores
from regtrack.sweep.request import Compute, Selection, Storage
from regtrack.sweep.run import predict_genome
from regtrack.tracks.bigwig.read import values
from tests.sweep.toys import as_checkpoint, random_codes, small_model, write_fasta

CODES = {"chr1": random_codes(9_001, 1, [(0, 40), (3_000, 3_111)]), "chr2": random_codes(700, 2)}
ASSEMBLY = Assembly(tuple(CODES), tuple(map(len, CODES.values())))
KINDS = ("cnn3", "cnn7", "dilated")
MARKER = "K562_histone"


@pytest.fixture(scope="module")
def fasta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fasta(tmp_path_factory.mktemp("reference") / "r.fa", CODES)


@pytest.fixture(scope="module")
def members() -> list[Checkpoint]:
    return [as_checkpoint(small_model(kind).float(), ASSEMBLY) for kind in KINDS]


def read(path: Path) -> np.ndarray:
    return np.concatenate([values(path, Interval(name, 0, len(CODES[name]))) for name in CODES])


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("both_strands", [False, True])
def test_mean_and_spread_are_those_of_single_sweeps(
    fasta: Path, members: list[Checkpoint], tmp_path: Path, logits: bool, both_strands: bool
) -> None:
    options = {
        "storage": Storage(keep_bits=23, logits=logits),
        "compute": Compute(window=1_000, reverse_complement=both_strands),
        "selection": Selection(markers=[MARKER]),
    }
    found = predict_genome(members, fasta, tmp_path / "all", spread=True, **options)
    assert [(track.file, track.values) for track in found.tracks] == [
        (f"ensemble.{MARKER}.bw", "logits" if logits else "scores"),
        (f"ensemble.{MARKER}.spread.bw", "spread"),
    ]
    alone = []
    for member in members:
        out = tmp_path / member.model.name
        predict_genome(member, fasta, out, **options)
        alone.append(read(out / f"{member.model.name}.{MARKER}.bw").astype(np.float64))
    spread = read(tmp_path / "all" / f"ensemble.{MARKER}.spread.bw")
    np.testing.assert_allclose(spread, np.std(alone, axis=0, ddof=1), rtol=1e-3, atol=1e-7)
    mean = read(tmp_path / "all" / f"ensemble.{MARKER}.bw")
    if logits:
        np.testing.assert_allclose(mean, np.mean(alone, axis=0), rtol=1e-3, atol=1e-6)
    predict_genome(members, fasta, tmp_path / "mean", **options)
    plain = read(tmp_path / "mean" / f"ensemble.{MARKER}.bw")
    np.testing.assert_allclose(mean, plain, rtol=1e-6)


def test_a_sweep_without_spread_has_the_scores_of_predict(
    fasta: Path, members: list[Checkpoint], tmp_path: Path
) -> None:
    files = [tmp_path / f"{member.model.name}.safetensors" for member in members]
    for file, member in zip(files, members, strict=True):
        save_checkpoint(file, member)
    predict_genome(files, fasta, tmp_path / "mean", storage=Storage(keep_bits=23))
    track = tmp_path / "mean" / f"ensemble.{MARKER}.bw"
    region = scores(members, fasta, "chr1:2,801-3,500", markers=[MARKER])
    np.testing.assert_allclose(
        values(track, Interval("chr1", 2_800, 3_500)), region[MARKER], rtol=1e-5
    )
    record = json.loads((tmp_path / "mean" / "sweep.json").read_text())["checkpoint"]
    assert [one["model"] for one in record["config"].values()] == list(KINDS)
    with pytest.raises(OutputError, match=r"holds .*cnn3\.safetensors, an input"):
        predict_genome(files, fasta, tmp_path, overwrite=True)


def test_a_sweep_resumes_with_the_same_members_alone(
    fasta: Path, members: list[Checkpoint], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("regtrack.sweep.run.finish", stop)
        with pytest.raises(KeyboardInterrupt):
            predict_genome(members, fasta, tmp_path / "out", spread=True)
    with pytest.raises(PlanError, match=r"checkpoint\.config\.3\.model was .*dilated"):
        predict_genome(members[:2], fasta, tmp_path / "out", spread=True)
    resumed = predict_genome(members, fasta, tmp_path / "out", spread=True)
    assert resumed.predicted == 0
    assert len(resumed.tracks) == 6


def test_spreads_belong_to_their_model_and_rank_windows(
    fasta: Path, members: list[Checkpoint], tmp_path: Path
) -> None:
    predict_genome(members, fasta, tmp_path / "all", spread=True, compute=Compute(window=1_000))
    predict_genome(members[0], fasta, tmp_path / "one", compute=Compute(window=1_000))
    with open_sources([tmp_path / "all", tmp_path / "one"]) as sources:
        catalog = sources.catalog
        assert {model.architecture for model in catalog.models} == {"ensemble", "cnn3"}
        assert catalog.others == ()
        track = catalog.find("ensemble", MARKER)
        assert track is not None
        spread = catalog.spread(track)
        assert spread is not None
        assert spread.path.name == f"ensemble.{MARKER}.spread.bw"
        assert catalog.spread(spread) is None
        rows = rank_windows(sources, "spread", MARKER, "ensemble").rows()
        for row in rows:
            here = values(spread.path, Interval(row["chrom"], row["start"], row["end"]))
            assert row["value"] == pytest.approx(float(np.nanmean(here.astype(np.float64))))
        assert [row["value"] for row in rows] == sorted(row["value"] for row in rows)[::-1]
        with pytest.raises(TrackError, match="CNN3 K562_histone has no spread; predict_genome wr"):
            rank_windows(sources, "spread", MARKER, "cnn3")


def test_a_bi_lstm_is_read_with_the_flank_that_others_need(members: list[Checkpoint]) -> None:
    lstm = as_checkpoint(small_model("bi-lstm").float(), ASSEMBLY)
    mixed = open_network([lstm, members[2]]).model
    far = members[2].model.flank
    assert far is not None
    assert traits_of(mixed).least == far > 5_000
    assert ReadRule.of(mixed).flank >= far
    assert ReadRule.of(lstm.model).flank == 5_000


def test_bad_input_is_refused(fasta: Path, members: list[Checkpoint], tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="`spread` is that of several checkpoints, and there is on"):
        predict_genome(members[0], fasta, tmp_path / "out", spread=True)
    with pytest.raises(CheckpointError, match="no checkpoint; name at least one"):
        predict_genome([], fasta, tmp_path / "out")
    elsewhere = as_checkpoint(members[1].model, Assembly(("chr1",), (5_000,)))
    with pytest.raises(AssemblyError):
        predict_genome([members[0], elsewhere], fasta, tmp_path / "out")
    with pytest.raises(PlanError, match="several networks are one pass, so nothing is compiled"):
        predict_genome(members, fasta, tmp_path / "out", compute=Compute(compiling="on"))
