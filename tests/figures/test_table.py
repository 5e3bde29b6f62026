"""Tables: every number comes back as it was."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from regtrack.errors import OutputError
from regtrack.figures.table import curve_table, saliency_table, save_table
from regtrack.genome.sequence import encode
from regtrack.model_style import style_of
from regtrack.saliency.values import Curve, Saliency


def read(path: Path, delimiter: str = "\t") -> dict[str, list[str]]:
    with path.open(newline="") as file:
        names, *rows = csv.reader(file, delimiter=delimiter)
    return dict(zip(names, zip(*rows, strict=True), strict=True))  # type: ignore[arg-type]


def test_saliency_comes_back(saliency: Callable[..., Saliency], tmp_path: Path) -> None:
    shown = [saliency("CNN7", length=400), saliency("BI-LSTM", length=400)]
    peaks = shown[0].values > 1
    save_table(saliency_table(shown, {"Peaks": peaks}), tmp_path / "a.tsv")
    columns = read(tmp_path / "a.tsv")
    names = "chrom start end base CNN7 CNN7_output BI-LSTM BI-LSTM_output Peaks"
    assert list(columns) == names.split()
    assert set(columns["chrom"]) == {"chr7"}
    starts = np.array(columns["start"], int)
    np.testing.assert_array_equal(starts, shown[0].start + np.arange(400))
    np.testing.assert_array_equal(np.array(columns["end"], int), starts + 1)
    np.testing.assert_array_equal(encode("".join(columns["base"])), shown[0].codes)
    for one in shown:
        np.testing.assert_array_equal(np.array(columns[one.model], np.float32), one.values)
        np.testing.assert_array_equal(np.array(columns[f"{one.model}_output"]) == "1", one.outputs)
    np.testing.assert_array_equal(np.array(columns["Peaks"]) == "1", peaks)


def test_mutations_have_one_column_per_letter(
    saliency: Callable[..., Saliency], tmp_path: Path
) -> None:
    one = saliency("CNN7", length=30, method="ism")
    save_table(saliency_table([one]), tmp_path / "a.csv")
    columns = read(tmp_path / "a.csv", ",")
    found = np.array([columns[f"CNN7_{letter}"] for letter in "ACGT"], np.float32).T
    np.testing.assert_array_equal(found, one.values)


def test_curves_come_back(curve: Callable[..., Curve], tmp_path: Path) -> None:
    shown = [curve("cnn7", 90, 460), curve("dilated")]
    save_table(curve_table(shown), tmp_path / "a.tsv")
    columns = read(tmp_path / "a.tsv")
    np.testing.assert_array_equal(
        np.array(columns["mass"], float), np.concatenate([one.mass for one in shown])
    )
    own = [place for place, model in enumerate(columns["model"]) if model == "CNN7"]
    distances = np.array(columns["distance"], int)[own]
    np.testing.assert_array_equal(distances, shown[0].distance)


def test_an_unknown_suffix_or_an_existing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        OutputError, match=r'"\.xls" is not a table format; expected \.tsv or \.csv'
    ):
        save_table([], tmp_path / "a.xls")
    (tmp_path / "a.tsv").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        save_table([], tmp_path / "a.tsv")
    save_table([["a", "b"]], tmp_path / "a.tsv", overwrite=True)
    assert (tmp_path / "a.tsv").read_text() == "a\tb\n"


def test_a_title_with_a_comma_stays_one_cell(curve: Callable[..., Curve], tmp_path: Path) -> None:
    pooled = replace(curve(), style=style_of("dilated", {"pooling": "max"}))
    for name, delimiter in (("a.csv", ","), ("a.tsv", "\t")):
        save_table(curve_table([pooled]), tmp_path / name)
        assert set(read(tmp_path / name, delimiter)["model"]) == {"DILATED, max pooling"}
