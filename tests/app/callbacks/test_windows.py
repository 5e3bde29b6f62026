"""The ranking of windows, stopped and started again."""

from __future__ import annotations

import time
from typing import Any

import pytest
from dash import Dash
from regtrack_app import ids, window_job
from regtrack_app.create_app import create_app

from regtrack.compare.ranking import rank_windows
from regtrack.compare.sources import Sources
from regtrack.progress import Progress
from tests.app.test_border import body_of, called, posted

QUERY = "?markers=K562_CTCF&models=cnn7,dilated&rank=disagreement"


def asked(app: Dash, *causes: str) -> dict[str, Any]:
    """What the page shows after one or several events in one moment."""
    output = next(name for name in called(app) if ids.WINDOWS_ROWS in name)
    inputs = [part["id"] for part in called(app)[output]["inputs"]]
    values = [QUERY if name == ids.WINDOWS_JOB else 1 for name in inputs]
    with app.server.test_client() as client:
        bodies = [body_of(app, output, values, inputs.index(cause)) for cause in causes]
        changed = [name for body in bodies for name in body["changedPropIds"]]
        answer = posted(client, bodies[0] | {"changedPropIds": changed})
    found: dict[str, Any] = answer.get_json()["response"]
    return {
        f"{name}.{prop}": value for name, props in found.items() for prop, value in props.items()
    }


@pytest.mark.parametrize(
    "cancelled", [(ids.WINDOWS_CANCEL,), (ids.WINDOWS_POLL, ids.WINDOWS_CANCEL)]
)
def test_a_cancelled_ranking_can_start_again(
    cancelled: tuple[str, ...], sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object, progress: Progress, **__: object) -> None:
        with progress.task("reading", None, "bp") as bar:
            while True:
                time.sleep(0.01)
                bar.advance()

    app = create_app(sources)
    monkeypatch.setattr(window_job, "rank_windows", endless)
    running = asked(app, ids.WINDOWS_JOB)
    assert running[f"{ids.WINDOWS_CANCEL}.hidden"] is False
    assert running[f"{ids.WINDOWS_AGAIN}.hidden"] is True
    asked(app, *cancelled)
    for _ in range(1_000):
        stopped = asked(app, ids.WINDOWS_POLL)
        if not stopped[f"{ids.WINDOWS_AGAIN}.hidden"]:
            break
        time.sleep(0.01)
    assert stopped[f"{ids.WINDOWS_STATUS}.children"].endswith("Cancelled.")
    assert stopped[f"{ids.WINDOWS_POLL}.disabled"] is True
    monkeypatch.setattr(window_job, "rank_windows", rank_windows)
    again = asked(app, ids.WINDOWS_AGAIN)
    for _ in range(1_000):
        if again[f"{ids.WINDOWS_POLL}.disabled"]:
            break
        time.sleep(0.01)
        again = asked(app, ids.WINDOWS_POLL)
    found = again[f"{ids.WINDOWS_ROWS}.data"]
    assert len(found["rows"]) > 10
    assert {column["field"] for column in found["columns"]} == set(found["rows"][0])
    assert again[f"{ids.WINDOWS_AGAIN}.hidden"] is True
