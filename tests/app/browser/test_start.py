"""`regtrack serve` as a user starts it: it answers, and torch is never loaded."""

from __future__ import annotations

import re
import subprocess
import sys
from urllib.request import urlopen

from small_world import World


def test_the_first_answer_comes_without_torch(world: World) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "regtrack", "serve", "--port", "0"]
    inputs = [world.folder / "sweeps", "--labels", world.folder / "data"]
    with (world.folder / "imports").open("w+") as log:
        served = subprocess.Popen(
            [*command, *inputs, "--genes", world.folder / "genes.gtf"],
            stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        assert served.stdout is not None
        said = served.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", said)
        assert address is not None, said
        with urlopen(address[0]) as answer:
            assert answer.status == 200
        served.terminate()
        served.communicate(timeout=60)
        log.seek(0)
        imported = {line.rpartition("|")[2].strip() for line in log}
    assert "regtrack_app.create_app" in imported
    assert not imported & {"torch", "lightning", "matplotlib", "sklearn", "scipy", "pandas"}
