"""Rows, seeds, differences and files of a table."""

from __future__ import annotations

import csv
import json
import re
import statistics
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from regtrack.checkpoint import load_checkpoint
from regtrack.cli import main
from regtrack.dataset.store import Dataset
from regtrack.evaluation.report import evaluate
from regtrack.tables.measure import SPLITS, Measured
from regtrack.tables.table import Table, make_table
from regtrack.tables.write import html, latex, write_table


@pytest.fixture(scope="module")
def table(measured: list[Measured]) -> Table:
    return make_table(measured)


def test_seeds_of_a_network_are_one_row_with_mean_and_spread(
    table: Table, dataset: Dataset, runs: list[Path]
) -> None:
    assert [(row.style.title, len(row.seeds)) for row in table.rows] == [
        ("CNN3", 2),
        ("DILATED", 1),
    ]
    for split in SPLITS:
        scores = [evaluate(dataset, run, split=split).categories for run in runs[:2]]
        for cell in table.rows[0].cells:
            if cell.split != split:
                continue
            rows = [next(r for r in found if r.category == cell.category) for found in scores]
            for rule in ("average_precision", "pr_auc_trapezoid"):
                values = [getattr(row, rule) for row in rows]
                found = getattr(cell, rule)
                assert found.value == pytest.approx(statistics.fmean(values))
                assert found.spread == pytest.approx(statistics.stdev(values))
                assert found.low < found.value < found.high
            assert cell.base_rate == pytest.approx(rows[0].base_rate)
            assert cell.markers == rows[0].markers
    assert all(cell.average_precision.spread is None for cell in table.rows[1].cells)


def test_resamples_without_any_label_are_left_out(measured: list[Measured]) -> None:
    one = measured[0]
    whole = one.splits["test"]
    samples = {rule: drawn.copy() for rule, drawn in whole.samples.items()}
    for drawn in samples.values():
        drawn[3:400] = np.nan
    splits = {**one.splits, "test": replace(whole, samples=samples)}
    table = make_table([replace(one, splits=splits)])

    for cell in table.rows[0].cells:
        if cell.split == "test":
            rows = [at for at, row in enumerate(whole.markers) if row.category == cell.category]
            means = whole.samples["average_precision"][:, rows].mean(1)
            low, high = np.quantile(np.delete(means, range(3, 400))[1:], [0.025, 0.975]) - means[0]
            found = cell.average_precision
            assert (found.low - found.value) == pytest.approx(low)
            assert (found.high - found.value) == pytest.approx(high)


def test_parameters_and_labelled_bases_are_counted(
    table: Table, dataset: Dataset, runs: list[Path]
) -> None:
    for row, run in zip(table.rows, (runs[0], runs[2]), strict=True):
        weights = sum(one.numel() for one in load_checkpoint(run).model.parameters())
        assert row.parameters == weights
    positives = dataset.positives("test")
    histone = [at for at, one in enumerate(dataset.markers) if one.category == "histone"]
    cell = table.rows[0].cell("test", "histone")
    assert cell is not None
    assert (cell.markers, cell.positives) == (2, int(positives[histone].sum()))


def test_differences_are_paired(table: Table) -> None:
    assert {(one.model, one.other) for one in table.differences} == {("CNN3", "DILATED")}
    assert len(table.differences) == 2 * 2 * 2  # splits, categories, rules
    for one in table.differences:
        cells = [row.cell(one.split, one.category) for row in table.rows]
        first, second = (getattr(cell, one.rule) for cell in cells)
        assert one.difference.value == pytest.approx(first.value - second.value)
        assert one.difference.low < one.difference.value < one.difference.high
        # both models find the same windows hard, so their difference is known better
        apart = (first.high - first.low) + (second.high - second.low)
        assert one.difference.high - one.difference.low < apart


def test_a_model_compared_with_itself_differs_by_nothing(measured: list[Measured]) -> None:
    twice = [measured[0], Measured(measured[2].candidate, 1, measured[0].splits)]
    for one in make_table(twice).differences:
        assert (one.difference.value, one.difference.low, one.difference.high) == (0, 0, 0)
        assert not one.clear


def test_every_file_says_the_same(table: Table, tmp_path: Path) -> None:
    files = write_table(table, tmp_path, title="Small")
    assert {path.name for path in tmp_path.iterdir()} == set(files)
    with (tmp_path / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    content = json.loads((tmp_path / "table.json").read_text())
    scores = [one for row in content["rows"] for one in row["scores"]]
    assert len(rows) == len(scores) == 8
    for row, score in zip(rows, scores, strict=True):
        value = score["average_precision"]["value"]
        assert float(row["average_precision"]) == pytest.approx(value, rel=1e-5)
        assert float(row["lift"]) == pytest.approx(value / score["base_rate"], rel=1e-5)
        assert f"{value:.3f}" in (tmp_path / "table.md").read_text()
        assert f"{value:.3f}" in (tmp_path / "table.tex").read_text()
        assert f"{value:.3f}" in (tmp_path / "table.html").read_text()
    with (tmp_path / "marker_scores.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 3 * 2 * 3  # runs, splits, markers
    for name in ("pr_curves", "scatter"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_best_of_each_column_is_bold(table: Table) -> None:
    for block in latex(table, "Small").split(r"\midrule")[1:]:
        body, _ = block.split(r"\bottomrule", 1)
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        cells = [line.removesuffix(r" \\").split(" & ")[2:] for line in rows]
        for column in zip(*cells, strict=True):
            bold = [r"\textbf" in cell for cell in column]
            values = [float(re.search(r"\d\.\d{3}", cell)[0]) for cell in column]  # type: ignore[index]
            assert bold.count(True) == 1
            assert values[bold.index(True)] == max(values)


def test_the_page_asks_the_network_for_nothing(table: Table) -> None:
    page = html(table, {}, "Small <models>")
    assert "<h1>Small &lt;models&gt;</h1>" in page
    assert "default-src 'none'" in page
    assert not re.findall(r"""(?:src|href)=["']https?:""", page)


def test_the_command_writes_a_table(
    dataset: Dataset,
    runs: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--quiet", "evaluate", str(dataset.path), str(runs[0]), "--table"]
    for more, status in ((["--out", str(tmp_path / "t")], 0), ([], 2), (["--exact"], 2)):
        monkeypatch.setattr("sys.argv", ["regtrack", *words, *more])
        with pytest.raises(SystemExit) as ended:
            main()
        assert int(ended.value.code or 0) == status
    printed = capsys.readouterr()
    assert "CNN3" in printed.out and "valid TF" in printed.out
    assert printed.err.count("\n") == 2
    assert "name it with --out" in printed.err
    assert not (tmp_path / "t" / "scatter.png").exists()  # one model has no second
