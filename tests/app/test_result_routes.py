"""Downloads of ranked windows and of scores."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from regtrack_app.create_app import create_app
from small_world import MARKERS

from regtrack.compare.ranking import rank_windows
from regtrack.compare.scoreboard import score_models
from regtrack.compare.sources import Sources


@pytest.fixture
def client(sources: Sources) -> Iterator[FlaskClient]:
    with create_app(sources).server.test_client() as client:
        yield client


def test_ranked_windows_are_a_bed(client: FlaskClient, sources: Sources) -> None:
    answer = client.get("/export/windows.bed?markers=K562_CTCF&split=test")
    assert answer.status_code == 200
    assert (
        'filename="regtrack_windows_K562_CTCF_disagreement_cnn7_dilated_test.bed"'
        in answer.headers["Content-Disposition"]
    )
    table = rank_windows(sources, "disagreement", "K562_CTCF", "cnn7", "dilated", split="test")
    head, *lines = answer.get_data(as_text=True).splitlines()
    assert head.startswith("#chrom\tstart\tend")
    assert len(lines) == len(table)
    for line, row in zip(lines, table.rows(), strict=True):
        chrom, start, end, name, score, strand, value, *_ = line.split("\t")
        assert (chrom, int(start), int(end)) == (row["chrom"], row["start"], row["end"])
        assert (name, strand) == (f"{row['rank'] + 1}_test", ".")
        assert 0 <= int(score) <= 1000
        assert float(value) == pytest.approx(row["value"], rel=1e-5)


@pytest.mark.parametrize("name", ["windows.bed", "scores.csv"])
def test_a_file_that_can_be_had_is_not_sent_twice(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/export/{name}?markers=K562_CTCF&split=test&check=yes")
    assert (answer.status_code, answer.data) == (204, b"")
    refused = client.get(f"/export/{name}?markers=&models=&split=test&check=yes")
    assert refused.status_code == 400


def test_scores_are_a_csv(client: FlaskClient, sources: Sources) -> None:
    text = client.get("/export/scores.csv?split=test").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text)))
    board = score_models(sources, "cnn7", "dilated", "test")
    assert {row["marker"] for row in rows} == set(MARKERS)
    for row, expected in zip(rows, board.rows, strict=True):
        assert float(row["pr_auc.cnn7"]) == pytest.approx(expected.first, rel=1e-5)
        assert float(row["pr_auc.dilated"]) == pytest.approx(expected.second, rel=1e-5)
        assert row["split"] == "test"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("windows.bed?markers=", "select a marker"),
        ("windows.bed?markers=nothing", "There is no marker"),
        ("scores.csv?models=", "select a model"),
    ],
)
def test_what_cannot_be_downloaded_is_refused(client: FlaskClient, path: str, says: str) -> None:
    answer = client.get(f"/export/{path}")
    assert answer.status_code == 400
    assert says in answer.get_data(as_text=True)
