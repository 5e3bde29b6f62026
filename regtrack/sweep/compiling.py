"""Whether a sweep's forward passes go through torch.compile.

Compiling takes about a minute and makes other rounding errors, so that it has to be settled before
the first window, for all windows, and kept when a sweep goes on.
"""

from __future__ import annotations

from regtrack.errors import DeviceError, OutOfMemoryError, PlanError
from regtrack.predict.compiling import forget_compiled
from regtrack.sweep.computation import Computation, speed
from regtrack.sweep.plan import SweepPlan

_LONG = 600  # seconds of passes from which a minute of compiling may pay
_GAIN = 1.1  # times as fast, below which it does not


def choose_compiled(
    mode: str, computation: Computation, plan: SweepPlan, *, begun: bool | None
) -> Computation:
    """The computation, its usual strips compiled if that was asked for, or pays.

    `auto` compiles on a GPU if the passes, by the speed of one, take ten minutes or longer, and
    keeps it if a compiled pass is measurably quicker. On CPUs it was always slower.

    Args:
        mode: `auto`, `on` or `off`.
        computation: compiles nothing yet; the model is on its device.
        plan: what it will compute.
        begun: what was chosen when the sweep was begun, which `auto` keeps; None if it was not.

    Raises:
        PlanError: `on` where strips differ in length.
    """
    if mode == "off" or (mode == "auto" and begun is False):
        return computation
    obstacle = _obstacle(computation, plan)
    if obstacle and mode == "on":
        raise PlanError(f"{obstacle}, so nothing is compiled; leave `compiling='auto'`")
    if obstacle:
        return computation
    forget_compiled()  # networks of former sweeps, of which a process keeps only a few
    compiled = computation.with_compiled((1, plan.bases_at_once))
    return compiled if mode == "on" or begun or _pays(computation, compiled, plan) else computation


def _obstacle(computation: Computation, plan: SweepPlan) -> str | None:
    """Why nothing can be compiled, or there is no one shape that most passes have."""
    if computation.why_not_compiled:
        return computation.why_not_compiled
    if not plan.fused:
        return "this network reads whole windows, one after another"
    if plan.both_strands:
        return "with both strands every chromosome has strips of a length of its own"
    strips = (strip for chunk in plan.chunks for (strip,) in plan.batches(chunk))
    if all(strip.read_end - strip.read_start != plan.bases_at_once for strip in strips):
        return "no strip has the full length"
    return None


def _pays(plain: Computation, compiled: Computation, plan: SweepPlan) -> bool:
    """Measured, where it could."""
    shape = (1, plan.bases_at_once)
    if plain.device.type == "cpu" or plan.bases < _LONG * (usual := speed(plain, shape)):
        return False
    try:
        return speed(compiled, shape) > _GAIN * usual
    except (DeviceError, OutOfMemoryError):  # nothing here can compile
        return False
