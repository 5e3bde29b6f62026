"""Which outputs are explained, in which regions, by which models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from regtrack.checkpoint import load_checkpoint
from regtrack.errors import AssemblyError, DatasetError, MarkerError, RegionError, SaliencyError
from regtrack.saliency.compare import SaliencyRequest, compare_saliency

from .conftest import PEAKS, Files, lacks_tf

REGION = "chr1:1,001-2,500"


def wanted(files: Files, *names: str, **options: Any) -> SaliencyRequest:
    paths = tuple(files.checkpoint(name) for name in names or ("cnn3",))
    return SaliencyRequest(checkpoints=paths, **{"marker": "K562_TF", "device": "cpu"} | options)


def labelled(start: int, end: int) -> np.ndarray:
    mask = np.zeros(10_000, dtype=bool)
    for low, high in PEAKS:
        mask[low:high] = True
    return mask[start:end]


def test_each_model_has_a_panel_with_the_labels_as_outputs(files: Files) -> None:
    options = {"reference": files.reference, "region": REGION, "labels": files.peaks}
    (panels,) = compare_saliency(wanted(files, "cnn3", "dilated", "bi-lstm", **options))
    assert [found.model for found in panels.saliencies] == ["CNN3", "DILATED", "BI-LSTM"]
    for found in panels.saliencies:
        np.testing.assert_array_equal(found.outputs, labelled(1_000, 2_500))
        assert found.values.any()
    assert panels.marks == {}


def test_the_dataset_gives_the_same_labels_and_the_same_sequence(files: Files) -> None:
    (ours,) = compare_saliency(wanted(files, region=REGION, dataset=files.data))
    by_bed = {"reference": files.reference, "labels": files.peaks}
    (theirs,) = compare_saliency(wanted(files, region=REGION, **by_bed))
    np.testing.assert_array_equal(ours.saliencies[0].outputs, theirs.saliencies[0].outputs)
    np.testing.assert_array_equal(ours.saliencies[0].values, theirs.saliencies[0].values)


def test_named_positions_take_precedence_over_labels_which_become_marks(files: Files) -> None:
    options = {"reference": files.reference, "region": REGION, "labels": files.peaks}
    (panels,) = compare_saliency(wanted(files, **options, at=("chr1:1,101", "1:1,201-1,203")))
    found = panels.saliencies[0]
    assert np.flatnonzero(found.outputs).tolist() == [100, 200, 201, 202]
    np.testing.assert_array_equal(panels.marks["Labels"], labelled(1_000, 2_500))


def test_an_output_outside_the_region_is_explained_too(files: Files) -> None:
    options = {"reference": files.reference, "region": "chr1:1,001-1,100"}
    (panels,) = compare_saliency(wanted(files, "cnn7", **options, at=("chr1:1,150",)))
    found = panels.saliencies[0]
    assert not found.outputs.any()
    assert found.values[-1] > 0


def test_a_threshold_applies_to_each_model_separately(files: Files) -> None:
    options = {"reference": files.reference, "region": REGION, "threshold": 0.49}
    (panels,) = compare_saliency(wanted(files, "cnn3", "cnn7", **options))
    first, second = (found.outputs for found in panels.saliencies)
    assert 0 < first.sum() < len(first)
    assert (first != second).any()


def test_random_windows_follow_from_the_seed_and_have_labels(files: Files) -> None:
    def regions(seed: int, windows: int = 2) -> list[str]:
        found = compare_saliency(wanted(files, dataset=files.data, windows=windows, seed=seed))
        for panels in found:
            assert panels.saliencies[0].outputs.any()
        return [str(panels.saliencies[0].interval) for panels in found]

    assert regions(3) == regions(3)
    assert len({tuple(regions(seed)) for seed in range(5)}) > 1
    all_of_them = {"chr2:1,001-2,000", "chr2:2,001-3,000", "chr2:7,001-8,000", "chr2:9,001-10,000"}
    assert set(regions(0, 4)) == all_of_them
    with pytest.raises(
        DatasetError, match=r"4 windows of the valid split .*, but 5 were requested"
    ):
        regions(0, 5)
    with pytest.raises(DatasetError, match=r"100,000 windows were requested, and .* has 10;"):
        regions(0, 100_000)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "name a `reference` or a `dataset`"),
        ({"reference": Path("r.fa")}, "name a `region`, `at`, or a `dataset`"),
        ({"dataset": Path("d"), "windows": 0}, "`windows` is 0; expected at least 1"),
        ({"dataset": Path("d"), "seed": -1}, "`seed` is -1; expected 0 or more"),
        ({"dataset": Path("d"), "at": ("chr1:1",), "threshold": 0.1}, "`at` and `threshold` both"),
        ({"dataset": Path("d"), "method": "loud"}, '`method` is "loud"'),
    ],
)
def test_invalid_requests_are_refused_before_a_file_is_opened(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SaliencyError, match=message):
        SaliencyRequest(checkpoints=(Path("c"),), marker="K562_TF", **options)


def test_without_a_region_named_positions_are_shown_with_what_the_widest_model_sees(
    files: Files,
) -> None:
    def shown(*names: str, **options: Any) -> str:
        (panels,) = compare_saliency(wanted(files, *names, reference=files.reference, **options))
        assert panels.saliencies[0].outputs.any()
        assert all(found.values.any() for found in panels.saliencies)
        return str(panels.saliencies[0].interval)

    assert shown("cnn3", at=("chr1:5,001",)) == "chr1:4,501-5,500"
    assert shown("cnn3", at=("chr1:201",)) == "chr1:1-700"
    assert shown("cnn3", at=("chr1:2,001-3,000", "chr1:3,501")) == "chr1:2,001-3,501"
    assert shown("cnn3", "bi-lstm", at=("chr1:5,001",)) == "chr1:1-10,000"
    assert shown("cnn3", "dilated", at=("2:5,001",), method="ism") == "chr2:4,501-5,500"
    with pytest.raises(SaliencyError, match="`at` spans 9,000 bp; expected at most 5,000"):
        shown("cnn3", at=("chr1:1", "chr1:9,000"), method="ism")


def test_outputs_that_no_model_can_explain_are_refused(files: Files, tmp_path: Path) -> None:
    options: dict[str, Any] = {"reference": files.reference, "region": "chr1:1,001-1,100"}
    reach = load_checkpoint(files.checkpoint("cnn3")).model.reach
    assert reach is not None
    compare_saliency(wanted(files, **options, at=(f"chr1:{1_100 + reach[0]}",)))
    for beyond in (1_100 + reach[0] + 1, 1_000 - reach[1]):
        with pytest.raises(SaliencyError, match="no selected output reaches chr1:1,001-1,100"):
            compare_saliency(wanted(files, **options, at=(f"chr1:{beyond}",)))
    sequence = "ACGT" * 250 + "N" * 100 + "ACGT" * 2_225
    (tmp_path / "n.fa").write_text(f">chr1\n{sequence}\n>chr2\n{'A' * 10_000}\n")
    with pytest.raises(SaliencyError, match="every selected output of chr1:951-1,200 is N"):
        compare_saliency(
            wanted(files, reference=tmp_path / "n.fa", region="chr1:951-1,200", at=("chr1:1050",))
        )


def test_each_panel_says_which_rule_chose_its_outputs(files: Files) -> None:
    def rule(**options: Any) -> str:
        (panels,) = compare_saliency(
            wanted(files, reference=files.reference, region=REGION, **options)
        )
        return str(panels.saliencies[0].to_dict()["rule"])

    assert rule(labels=files.peaks) == rule(dataset=files.data) == "Labelled K562_TF"
    assert rule(threshold=0.25) == "Scores ≥ 0.25"
    assert rule(at=("chr1:1,500",), labels=files.peaks) == "Chosen"


def test_a_dataset_without_the_marker_gives_sequence_but_no_labels(
    files: Files, tmp_path: Path
) -> None:
    other = SaliencyRequest(
        (lacks_tf(files, tmp_path),), "*other", dataset=files.data, region=REGION
    )
    with pytest.raises(MarkerError, match=rf'no marker of {files.data} is called "K562_other"'):
        compare_saliency(other)
    assert compare_saliency(replace(other, at=("chr1:1,500",)))[0].marks == {}


def test_all_models_are_checked_for_the_marker_before_computing(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regtrack.saliency.compare.explain", None)
    last = lacks_tf(files, tmp_path)
    both = SaliencyRequest(
        (files.checkpoint("cnn3"), last), "*_TF", dataset=files.data, region=REGION
    )
    with pytest.raises(MarkerError, match=rf'no marker of {last} is called "K562_TF"'):
        compare_saliency(both)


def test_another_assembly_is_refused_with_the_checkpoints_name_or_accepted_on_request(
    files: Files, tmp_path: Path
) -> None:
    (tmp_path / "other.fa").write_text(f">chr1\n{'ACGT' * 1_000}\n")
    options: dict[str, Any] = {"reference": tmp_path / "other.fa", "at": ("chr1:2,000",)}
    path = files.checkpoint("cnn3")
    with pytest.raises(AssemblyError, match=f"{path} is for another .* pass `any_assembly=True`"):
        compare_saliency(wanted(files, **options))
    assert compare_saliency(wanted(files, **options, any_assembly=True))


def test_integrated_gradients_report_what_they_add_up_to(files: Files) -> None:
    options: dict[str, Any] = {"reference": files.reference, "at": ("chr1:5,001",)}
    (panels,) = compare_saliency(wanted(files, **options, method="integrated-gradients"))
    found = panels.saliencies[0]
    complete = found.to_dict()["completeness"]
    # the region holds all that the output sees, so its values are all there are
    assert complete["sum"] == pytest.approx(float(found.values.sum()), rel=1e-4)
    assert complete["difference"] == pytest.approx(complete["sum"] - complete["change"])
    assert abs(complete["change"]) > 1e-3
    (panels,) = compare_saliency(wanted(files, **options))
    assert panels.saliencies[0].to_dict()["completeness"] is None


def test_missing_labels_positions_and_markers_are_refused(files: Files) -> None:
    by_bed: dict[str, Any] = {"reference": files.reference, "labels": files.peaks}
    with pytest.raises(SaliencyError, match="no base of chr1:1-500 is labelled K562_TF"):
        compare_saliency(wanted(files, region="chr1:1-500", **by_bed))
    with pytest.raises(SaliencyError, match="chr2:5-5 is not on chr1"):
        compare_saliency(wanted(files, region=REGION, reference=files.reference, at=("chr2:5",)))
    with pytest.raises(RegionError, match="is not within chr1"):
        compare_saliency(wanted(files, region="chr1:1-99,999", **by_bed))
    with pytest.raises(MarkerError, match='no marker matches "CTCF"'):
        compare_saliency(wanted(files, region=REGION, marker="CTCF", **by_bed))
    with pytest.raises(SaliencyError, match=r"`threshold` is 2; expected a score from 0 to 1"):
        compare_saliency(wanted(files, region=REGION, reference=files.reference, threshold=2.0))
