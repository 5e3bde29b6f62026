"""Every command that writes, with every step of its writing going wrong in every way.

    python tests/faults/torture.py [--every N] [COMMAND ...]

After each fault the output is the old one or the new one, whole; nothing else has changed; the
message is one line; and the same command then succeeds, collects what was left and gives the bytes
of an undisturbed run. That next run is made once from each state of the disk.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from commands import COMMANDS, INDEXES, INPUTS, Command, contents, odd, shrink
from layer import DEAD, KINDS, Faults

Outputs = dict[str, dict[str, bytes] | None]  # the files of each output; None: it does not exist


@dataclass(frozen=True)
class Case:
    """A fault of a command, and the outputs that it may leave: the old or the new."""

    name: str
    kind: str
    at: int
    replaced: bool
    old: Outputs
    new: Outputs

    def __str__(self) -> str:
        return f"{self.name}, {self.kind} at {self.at}{', replacing' * self.replaced}"


@dataclass(frozen=True)
class Outcome:
    """How a command ended: exit status, what it said on stderr, and the steps of its writing."""

    status: int
    said: str
    steps: int


def run(line: str, folder: Path, kind: str = "io", at: int = 0) -> Outcome:
    """Run a command in a forked process, in a folder, with a fault in one step of its writing."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as counted:
        if (child := os.fork()) == 0:
            os._exit(_in_child(line, folder, (kind, at), said.fileno(), counted.fileno()))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        counted.seek(0)
        return Outcome(status, said.read().decode(errors="replace"), int(counted.read() or b"0"))


def _in_child(line: str, folder: Path, fault: tuple[str, int], said: int, counted: int) -> int:
    status = 1
    try:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(said, 2)
        os.environ["REGTRACK_CACHE"] = str(folder / "cache")
        sys.argv = ["regtrack", *map(odd, line.split())]
        shrink(line)
        faults = Faults(folder, *fault)
        real = os.write
        faults.install()
        try:
            _main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 0
        sys.stderr.flush()
        real(counted, str(faults.count).encode())
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    return status


def _main() -> None:
    from regtrack.cli import main

    main()


class Bench:
    """The inputs, the outputs of undisturbed runs, and a place to try faults in.

    Attributes:
        tried: number of faults of the last command.
    """

    def __init__(self, folder: Path) -> None:
        self._base, self._tries = folder / "base", folder / "try"
        self.tried = 0
        self._good: set[tuple[str, str]] = set()  # commands, and states from which they succeed

    def prepare(self, inputs: Sequence[str] = INPUTS) -> None:
        """Make the inputs."""
        self._base.mkdir()
        for line in inputs:
            _expect(run(line, self._base), 0, line)

    def faults(self, name: str, every: int) -> Iterator[str]:
        """Try the faults of a command, all or each N-th of them; yields what is wrong."""
        command = COMMANDS[name]
        old = self._made(name, command.older) if command.older else {}
        steps, new = self._undisturbed(name, command)
        assert old != new, f"{name}: the older output must differ"
        self.tried, number = 0, 0
        for replaced in (True, False) if command.older else (False,):
            for kind in KINDS:
                for at in range(1, steps + 2):
                    number += 1
                    if number % every == 0:
                        self.tried += 1
                        before = old if replaced else dict.fromkeys(command.outputs)
                        case = Case(name, kind, at, replaced, before, new)
                        for wrong in self._try(case):
                            yield f"{case}: {wrong}"

    def _made(self, name: str, line: str) -> Outputs:
        """The outputs of a command without faults, which are kept in `old-NAME`."""
        place = self._place(name, replaced=False)
        if name == "assemble":
            shutil.rmtree(place / odd("out.partial"))
        _expect(run(line, place), 0, line)
        found = _outputs(place, COMMANDS[name])
        shutil.rmtree(self._base.with_name(f"old-{name}"), ignore_errors=True)
        place.rename(self._base.with_name(f"old-{name}"))
        return found

    def _undisturbed(self, name: str, command: Command) -> tuple[int, Outputs]:
        replaced = bool(command.older)
        place = self._place(name, replaced=replaced)
        done = run(f"{command.line}{' --overwrite' * replaced}", place)
        _expect(done, 0, command.line)
        return done.steps, _outputs(place, command)

    def _place(self, name: str, *, replaced: bool) -> Path:
        """A fresh copy of the inputs, with an older output if one is to be replaced."""
        shutil.rmtree(self._tries, ignore_errors=True)
        source = self._base.with_name(f"old-{name}") if replaced else self._base
        shutil.copytree(source, self._tries, ignore=shutil.ignore_patterns("shares.partial"))
        if name == "assemble":
            shutil.copytree(self._base / "shares.partial", self._tries / odd("out.partial"))
        return self._tries

    def _try(self, case: Case) -> Iterator[str]:
        """Run into a fault, and then without one; yields what is wrong."""
        command = COMMANDS[case.name]
        place = self._place(case.name, replaced=case.replaced)
        inputs = _others(place, command)
        line = f"{command.line}{' --overwrite' * case.replaced}"
        found = run(line, place, case.kind, case.at)
        yield from _ending(found, case.kind)
        grows = command.grows and not case.replaced
        now = _outputs(place, command)
        for out in command.outputs:
            found_there = now[out]
            if case.kind == "kill" and found_there and found_there != case.old[out]:
                found_there = {n: b for n, b in found_there.items() if n != command.spare}
            if found_there not in (case.old[out], case.new[out]) and not grows:
                yield f"{out} is neither the old nor the new one"
        if found.status == 0 and now != case.new:
            yield "the output is not the new one, though the status is 0"
        if case.name == "assemble" and now == case.new:
            return  # nothing is left to assemble
        there = any(os.path.lexists(place / odd(out.split("/")[0])) for out in command.outputs)
        again = f"{command.line}{' --overwrite' * (there and bool(command.older))}"
        if (state := (again, _state(place))) not in self._good:
            wrong = list(self._again(again, case, inputs))
            yield from wrong
            if not wrong:
                self._good.add(state)

    def _again(self, line: str, case: Case, inputs: set[str]) -> Iterator[str]:
        """Run without a fault, and yield what is wrong."""
        command, place = COMMANDS[case.name], self._tries
        found = run(line, place)
        if found.status != 0:
            yield f"the next run ended with {found.status}: {found.said}"
        now = _outputs(place, command)
        if wrong := [out for out in command.outputs if now[out] != case.new[out]]:
            yield f"the next run gave other bytes in {', '.join(wrong)}"
        if left := _others(place, command) ^ inputs:
            yield f"left over, or gone: {sorted(map(ascii, left))}"


def _outputs(place: Path, command: Command) -> Outputs:
    return {out: contents(place / odd(out)) for out in command.outputs}


def _state(place: Path) -> str:
    """A digest of all names and contents in a folder, on which the next run depends."""
    found = hashlib.sha256()
    for path in sorted(place.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        name = os.fsencode(path.relative_to(place))
        found.update(b"%d %s %d %s" % (len(name), name, len(content), content))
    return found.hexdigest()


def _others(place: Path, command: Command) -> set[str]:
    """All files besides the outputs, a sweep to assemble, and what is cached of inputs."""
    files = (path for path in place.rglob("*") if path.suffix not in INDEXES)
    names = {str(path.relative_to(place)) for path in files}
    made = ["out.partial"] if "assemble" in command.line else []
    apart = ["cache", *map(odd, [*command.outputs, *made])]
    return {
        name
        for name in names
        if not any(f"{name}/".startswith(f"{out}/") or out.startswith(f"{name}/") for out in apart)
    }


def _ending(found: Outcome, kind: str) -> Iterator[str]:
    allowed = {0, DEAD} if kind == "kill" else {0, 2}
    if found.status not in allowed:
        yield f"it ended with {found.status}: {found.said[-2000:]}"
    if "Traceback" in found.said:
        yield f"a traceback: {found.said[-2000:]}"
    errors = [line for line in found.said.splitlines() if line.startswith("error:")]
    if found.status == 2 and len(errors) != 1:
        yield f"not one line: {found.said[-2000:]}"


def _expect(found: Outcome, status: int, line: str) -> None:
    if found.status != status:
        raise SystemExit(f"{line}: {found.status}\n{found.said}")


_LIGHT = ("regtrack.cli.app", "regtrack.dataset.build", "regtrack.simulation.genome")
_HEAVY = (
    "regtrack.evaluation.report", "regtrack.figures.output", "regtrack.saliency.region",
    "regtrack.saliency.tracks", "regtrack.sweep.run", "regtrack.training.fit", "regtrack.demo",
    "regtrack.benchmark.run",
)  # fmt: skip


def load(names: Sequence[str]) -> None:
    """Load what the commands need, once, before processes are forked."""
    heavy = any(COMMANDS[name].torch for name in names)
    for module in (*_LIGHT, *(_HEAVY if heavy else ())):
        import_module(module)
    if heavy:
        import_module("regtrack.tracks.bigwig.encode").prepare()


def main() -> None:
    """Try the named commands, or all; exit status 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *COMMANDS])
    parser.add_argument("--every", type=int, default=1, help="try each N-th fault only")
    given = parser.parse_args()
    names, wrong = given.names or list(COMMANDS), 0
    load(names)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        torch = any(COMMANDS[name].torch for name in names)
        bench.prepare(INPUTS if torch else INPUTS[:1])
        for name in names:
            start = time.monotonic()
            before = wrong
            for line in bench.faults(name, given.every):
                print(line, flush=True)
                wrong += 1
            seconds = time.monotonic() - start
            print(
                f"{name}: {bench.tried} faults, {wrong - before} wrong, {seconds:.0f} s", flush=True
            )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
