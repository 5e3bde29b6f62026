"""`regtrack serve` as a user starts it: it answers soon, and torch is never loaded."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from urllib.request import urlopen

from small_world import World

SECONDS = 4.0


def test_the_first_answer_comes_soon_and_without_torch(world: World) -> None:
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
        served.send_signal(signal.SIGINT)
        _, _, usage = os.wait4(served.pid, 0)
        served.stdout.close()
        served.returncode = 0
        log.seek(0)
        imported = {line.rpartition("|")[2].strip() for line in log}
    assert "app.create_app" in imported
    assert not imported & {"torch", "lightning", "matplotlib", "sklearn", "scipy", "pandas"}
    # the time of its own work, which other work on the machine does not lengthen
    assert usage.ru_utime + usage.ru_stime < SECONDS
