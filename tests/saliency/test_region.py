"""A region's saliency against one pass over the whole chromosome."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from regtrack.checkpoint import save_checkpoint
from regtrack.errors import AssemblyError, MarkerError, SaliencyError
from regtrack.genome.interval import Interval
from regtrack.genome.sequence import N
from regtrack.predict.region import values_along
from regtrack.saliency import strips
from regtrack.saliency.gradient import gradient_saliency
from regtrack.saliency.method import GRADIENT_NORM, GRADIENT_X_INPUT, ISM, METHODS, Method
from regtrack.saliency.mutagenesis import mutagenesis
from regtrack.saliency.outputs import scoring_outputs
from regtrack.saliency.region import Question, explain, find_marker, saliency_of_region
from tests.sweep.toys import write_fasta

from .toys import BOUNDED, checkpoint_of, intervals, one_chromosome

LENGTH = 2_003
OUTPUTS = intervals((3, 40), (430, 431), (600, 760), (1_100, 1_250), (1_990, LENGTH))


@pytest.fixture
def small_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(strips.AT_ONCE, "cpu", 70)


@pytest.mark.usefixtures("small_strips")
@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("shown", [(0, LENGTH), (437, 1_001), (1_950, LENGTH)])
@pytest.mark.parametrize("method", [GRADIENT_NORM, GRADIENT_X_INPUT])
def test_it_is_one_backward_pass_over_the_whole_chromosome(
    name: str, shown: tuple[int, int], method: Method
) -> None:
    source = one_chromosome(LENGTH)
    checkpoint = checkpoint_of(name, source)
    question = Question(Interval("chr1", *shown), checkpoint.markers[1], OUTPUTS)
    found = explain(checkpoint, source, question, method=method)
    codes = source.codes("chr1", 0, LENGTH)
    outputs = OUTPUTS.mask(0, LENGTH) & (codes != N)
    whole = gradient_saliency(checkpoint.model, codes[None], outputs[None], 1, method=method.name)[
        0
    ]
    np.testing.assert_allclose(found.values, whole[slice(*shown)], rtol=1e-5, atol=1e-8)
    np.testing.assert_array_equal(found.outputs, outputs[slice(*shown)])
    np.testing.assert_array_equal(found.codes, codes[slice(*shown)])
    assert found.interval == question.interval


@pytest.mark.usefixtures("small_strips")
def test_mutants_of_a_region_equal_those_of_the_whole_chromosome() -> None:
    source = one_chromosome(LENGTH)
    checkpoint = checkpoint_of("cnn7", source)
    question = Question(Interval("chr1", 590, 640), checkpoint.markers[0], OUTPUTS)
    found = explain(checkpoint, source, question, method=ISM)
    codes = source.codes("chr1", 0, LENGTH)
    outputs = OUTPUTS.mask(0, LENGTH) & (codes != N)
    expected = mutagenesis(checkpoint.model, codes, outputs, 0, (590, 640))
    np.testing.assert_allclose(found.values, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("method", METHODS.values(), ids=str)
def test_a_base_out_of_reach_has_no_saliency(method: Method) -> None:
    source = one_chromosome(LENGTH)
    checkpoint = checkpoint_of("cnn3", source)
    question = Question(Interval("chr1", 900, 950), checkpoint.markers[0], OUTPUTS)
    found = explain(checkpoint, source, question, method=method)
    assert (found.values == 0).all()
    assert not found.outputs.any()


def test_outputs_that_reach_a_threshold_are_those_whose_scores_do() -> None:
    source = one_chromosome(LENGTH)
    checkpoint = checkpoint_of("dilated", source)
    found = values_along(checkpoint.model, source, Interval("chr1", 501, 1_503), [2])[0]
    outputs, least = scoring_outputs(
        checkpoint, source, Interval("chr1", 501, 1_503), checkpoint.markers[2],
        threshold=float(np.nanmedian(found)),
    )  # fmt: skip
    assert least == float(np.nanmedian(found))
    expected = found >= np.float32(np.nanmedian(found))
    np.testing.assert_array_equal(outputs.mask(501, 1_503), expected)


def test_without_a_threshold_the_highest_scores_are_explained_if_none_reaches_half() -> None:
    source = one_chromosome(LENGTH)
    checkpoint = checkpoint_of("dilated", source)
    interval, marker = Interval("chr1", 501, 1_503), checkpoint.markers[0]
    for bias, least in ((-4.0, None), (0.0, 0.5)):
        checkpoint.model.head.output.bias.data.fill_(bias)
        found = values_along(checkpoint.model, source, interval, [0])[0]
        outputs, _ = scoring_outputs(checkpoint, source, interval, marker, threshold=None)
        expected = found >= (least or np.nanmax(found) / 2)
        assert (np.nanmax(found) < 0.5) == (least is None)
        np.testing.assert_array_equal(outputs.mask(501, 1_503), expected)


def test_a_bi_lstm_reads_everything_in_one_piece_or_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = one_chromosome(LENGTH)
    checkpoint = checkpoint_of("bi-lstm", source)
    question = Question(Interval("chr1", 500, 900), checkpoint.markers[0], OUTPUTS)
    found = explain(checkpoint, source, question, method=GRADIENT_NORM)
    codes = source.codes("chr1", 0, LENGTH)
    outputs = OUTPUTS.mask(0, LENGTH) & (codes != N)
    whole = gradient_saliency(checkpoint.model, codes[None], outputs[None], 0)[0]
    np.testing.assert_allclose(found.values, whole[500:900], rtol=1e-5, atol=1e-9)
    monkeypatch.setitem(strips.AT_ONCE, "cpu", 1_000)
    with pytest.raises(
        SaliencyError, match="accepts at most 1,000 bp here: choose a smaller region"
    ):
        explain(checkpoint, source, question, method=GRADIENT_NORM)


def test_from_files_flanks_are_read_and_high_scores_explained(tmp_path: Path) -> None:
    source = one_chromosome(LENGTH)
    checkpoint = checkpoint_of("cnn3", source)
    checkpoint.model.float()
    save_checkpoint(tmp_path / "c.safetensors", checkpoint)
    reference = write_fasta(tmp_path / "r.fa", {"chr1": source.codes("chr1", 0, LENGTH)})
    codes = source.codes("chr1", 400, 500)
    found = saliency_of_region(
        str(tmp_path / "c.safetensors"), str(reference), "1:401-500", "*histone", threshold=0.0
    )
    assert (found.chrom, found.start, found.model) == ("chr1", 400, "CNN3")
    assert found.marker.name == "K562_histone"
    assert found.outputs.sum() == (codes != N).sum()
    everything = intervals((400, 500))
    question = Question(Interval("chr1", 400, 500), found.marker, everything)
    expected = explain(checkpoint, source, question, method=GRADIENT_NORM)
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-5)
    again = saliency_of_region(
        checkpoint, source, Interval("chr1", 400, 500), "*histone", threshold=0
    )
    np.testing.assert_array_equal(again.values, found.values)
    with pytest.raises(
        SaliencyError, match=r"no position of chr1:401-500 has a score of 1 .* is 0\."
    ):
        saliency_of_region(
            tmp_path / "c.safetensors", reference, "1:401-500", "*histone", threshold=1.0
        )


def test_another_assembly_is_refused_unless_it_is_meant() -> None:
    checkpoint, other = checkpoint_of("cnn3", one_chromosome(LENGTH)), one_chromosome(LENGTH + 1)
    with pytest.raises(AssemblyError, match="any_assembly=True"):
        saliency_of_region(checkpoint, other, "chr1:401-500", "*histone", threshold=0)
    found = saliency_of_region(
        checkpoint, other, "chr1:401-500", "*histone", threshold=0, any_assembly=True
    )
    np.testing.assert_array_equal(found.codes, other.codes("chr1", 400, 500))


def test_a_region_of_n_is_refused_before_anything_is_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = one_chromosome(LENGTH)
    checkpoint = checkpoint_of("cnn3", source)
    monkeypatch.setattr(checkpoint.model, "forward", None)
    first = LENGTH // 3 + 1
    with pytest.raises(SaliencyError, match=r"all bases of chr1:\d+-\d+ are N; choose another"):
        saliency_of_region(checkpoint, source, f"chr1:{first}-{first + 19}", "*histone")


def test_invalid_requests_are_refused() -> None:
    source = one_chromosome(LENGTH)
    checkpoint = checkpoint_of("cnn3", source)
    with pytest.raises(MarkerError, match="matches 3 markers, such as K562_TF"):
        find_marker(checkpoint.markers, "K562*")
    longer = one_chromosome(5_001)
    wide = Question(Interval("chr1", 0, 5_001), checkpoint.markers[0], OUTPUTS)
    with pytest.raises(
        SaliencyError, match=r"has 5,001 bp; ism takes at most 5,000: choose a smaller"
    ):
        explain(checkpoint, longer, wide, method=ISM)
    with pytest.raises(
        SaliencyError, match='`method` is "loud"; expected gradient-norm, gradient-x'
    ):
        saliency_of_region("c.safetensors", "r.fa", "chr1:1-100", "K562_TF", method="loud")
