"""Answers on disk and in few numbers, against numbers made by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from regtrack.benchmark.answers import (
    Answers,
    Field,
    Found,
    Response,
    Score,
    load_answers,
    save_answers,
)
from regtrack.benchmark.summary import Summary


def answers(seed: int, shift: float = 0.0) -> Answers:
    """Two local markers and a distant one, by one model."""
    name = "cnn7", seed
    return Answers(
        scores=(
            Score(*name, "A", "local", 0.9 + shift, 0.1),
            Score(*name, "B", "local", 0.7 + shift, 0.2),
            Score(*name, "C", "distant", 0.3 + shift, 0.25),
        ),
        fields=(
            Field(*name, "A", 460, 80, 200, 300),
            Field(*name, "B", 460, None, None, None),
            Field(*name, "C", 460, 100, 300, 400),
        ),
        saliency=(
            Found(*name, "A", "all", "all", 16, 0.8, 0.01, 0.5, 0.01),
            Found(*name, "C", "all", "all", 16, 0.6, 0.02, 0.1, 0.02),
            Found(*name, "C", "far", "all", 16, 0.04, 0.03, 0.02, 0.02),
            Found(*name, "C", "far", "REST", 16, 0.05, 0.03, 0.02, 0.02),
        ),
        responses=(
            Response(*name, "C", "lone", False, 9, 0.7),
            Response(*name, "C", "lone", True, 1, 0.8),
            Response(*name, "C", "pair", True, 19, 0.75 + shift),
        ),
    )


def test_what_is_saved_loads_again(tmp_path: Path) -> None:
    save_answers(tmp_path / "answers.json", answers(11))
    save_answers(tmp_path / "answers.json", answers(12))
    assert load_answers(tmp_path / "answers.json") == answers(12)


def test_tables_have_a_row_per_answer_and_empty_cells_for_missing_values(tmp_path: Path) -> None:
    Answers.joined([answers(11), answers(12)]).write_tables(tmp_path)
    tables = {
        path.stem: list(csv.DictReader(path.read_text().splitlines()))
        for path in tmp_path.glob("*.csv")
    }
    assert {name: len(rows) for name, rows in tables.items()} == {
        "scores": 6, "fields": 6, "saliency": 8, "responses": 6
    }  # fmt: skip
    assert tables["scores"][3] == {
        "model": "cnn7", "seed": "12", "marker": "A", "kind": "local",
        "average_precision": "0.9", "base_rate": "0.1",
    }  # fmt: skip
    assert tables["fields"][1]["width_90"] == ""
    assert tables["responses"][1]["labelled"] == "True"


def test_markers_of_a_kind_count_as_one() -> None:
    summary = Summary(Answers.joined([answers(11), answers(12, shift=0.05)]))
    assert summary.kinds == ("local", "distant")
    assert summary.precisions("local") == {"cnn7": [pytest.approx(0.8), pytest.approx(0.85)]}
    assert summary.base_rate("local") == pytest.approx(0.15)
    assert summary.widths("local", 90) == {"cnn7": [200, 200]}
    assert summary.counted() == {"cnn7": 460}


def test_saliency_is_picked_by_outputs_and_motif() -> None:
    summary = Summary(answers(11))
    assert summary.saliency("distant") == {"cnn7": [0.6]}
    assert summary.saliency("distant", "far") == {"cnn7": [0.04]}
    assert summary.untrained("distant", "far", "REST") == {"cnn7": [0.02]}
    assert summary.shuffled("local") == {"cnn7": [0.01]}
    assert summary.motifs("distant") == ("REST",)
    assert summary.motifs("local") == ()


def test_roles_are_labelled_first_and_without_what_chance_labels() -> None:
    summary = Summary(Answers.joined([answers(11), answers(12, shift=0.05)]))
    assert summary.roles("distant") == (("pair", True), ("lone", False))
    assert summary.responses("distant", "pair", True) == {"cnn7": [0.75, pytest.approx(0.8)]}
    assert summary.elements("distant", "pair", True) == 38
    assert summary.roles("local") == ()
