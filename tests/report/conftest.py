"""A report of the small world, written once."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_report import Made
from small_world import World

from regtrack.compare.inputs import Inputs
from regtrack.report.write import ReportRequest, write_report


@pytest.fixture(scope="session")
def inputs(world: World) -> Inputs:
    return Inputs((world.folder / "sweeps",), world.folder / "data", world.folder / "genes.gtf")


@pytest.fixture(scope="session")
def made(inputs: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Made:
    out: Path = tmp_path_factory.mktemp("report") / "report.html"
    request = ReportRequest(top=1, title="Models & <labels>")
    written = write_report(inputs, request, out, command="regtrack report 'a <b>'")
    return Made(written, inputs, out.read_text())
