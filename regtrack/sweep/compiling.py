"""Whether a sweep's forward passes use torch.compile.

Compiling takes about a minute and changes rounding errors, so it is decided before the first
window, for all windows, and kept when a sweep resumes.
"""

from __future__ import annotations

from itertools import chain

from regtrack.errors import DeviceError, OutOfMemoryError, PlanError
from regtrack.predict.compiling import forget_compiled
from regtrack.sweep.computation import Computation, speed
from regtrack.sweep.plan import SweepPlan

_LONG = 600  # seconds of passes above which a minute of compiling may pay
_GAIN = 1.1  # least speed-up for which it does


def choose_compiled(
    mode: str, computation: Computation, plan: SweepPlan, *, begun: bool | None
) -> Computation:
    """The computation, compiled for its most common strip if that is requested or pays.

    `auto` compiles on a GPU if the passes, extrapolated from one, take at least ten minutes, and
    keeps it if a compiled pass is measurably faster. On CPUs it was always slower.

    Args:
        mode: `auto`, `on` or `off`.
        computation: not compiled yet; the model is on its device.
        plan: what it will compute.
        begun: the choice of the run that this one resumes, which `auto` keeps; None: a new sweep.

    Raises:
        PlanError: `on` if strips differ in length.
    """
    if mode == "off" or (mode == "auto" and begun is False):
        return computation
    obstacle = _obstacle(computation, plan)
    if obstacle and mode == "on":
        raise PlanError(f"{obstacle}, so nothing is compiled; leave `compiling='auto'`")
    if obstacle:
        return computation
    forget_compiled()  # networks of earlier sweeps: a process keeps only a few
    compiled = computation.with_compiled((1, plan.longest_strip))
    return compiled if mode == "on" or begun or _pays(computation, compiled, plan) else computation


def _obstacle(computation: Computation, plan: SweepPlan) -> str | None:
    """Why the network cannot be compiled, or why no shape is common; None: no obstacle."""
    if computation.why_not_compiled:
        return computation.why_not_compiled
    if not plan.fused:
        return "this network reads whole windows, one after another"
    if plan.both_strands:
        return "with both strands, strips have another length on every chromosome"
    batches = chain.from_iterable(map(plan.batches, plan.chunks))
    if all(s.read_end - s.read_start != plan.longest_strip for batch in batches for s in batch):
        return "no strip has full length"
    return None


def _pays(plain: Computation, compiled: Computation, plan: SweepPlan) -> bool:
    """Whether compiling pays, by measurement."""
    shape = (1, plan.longest_strip)
    if plain.device.type == "cpu" or plan.bases < _LONG * (usual := speed(plain, shape)):
        return False
    try:
        return speed(compiled, shape) > _GAIN * usual
    except (DeviceError, OutOfMemoryError):  # torch.compile does not work on this machine
        return False
