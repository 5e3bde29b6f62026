"""What a check of a network finds, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.predict.description import NetworkDescription

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of a network's description, or what a sweep relies on, and what was measured.

    Attributes:
        what: a field of the description, or another property.
        claimed: as the network says, as text.
        measured: as found, as text.
        wrong: what is wrong and what to do, in one line; empty if nothing is.
        fix: fields of the description, as they should be.
    """

    what: str
    claimed: str
    measured: str
    wrong: str = ""
    fix: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Differences:
    """Differences by distance, over several sequences and tracks.

    Attributes:
        distance: bp, ascending, (n,).
        largest: the largest absolute difference at each distance, float64 (n,).
        mean: the mean absolute difference, likewise.
    """

    distance: npt.NDArray[np.int64]
    largest: Numbers
    mean: Numbers

    def beyond(self, distance: int) -> tuple[float, float]:
        """The largest and the mean difference at this distance (bp) or a longer one."""
        here = self.distance >= distance
        if not here.any():
            return 0.0, 0.0
        return float(self.largest[here].max()), float(self.mean[here].mean())


@dataclass(frozen=True, slots=True)
class Flank:
    """The differences that are left if windows are cut by hand and their ends are dropped.

    Attributes:
        flank: bp of outputs dropped at each end of a window.
        largest, mean: absolute differences of the outputs kept.
    """

    flank: int
    largest: float
    mean: float


@dataclass(frozen=True, eq=False)
class Seams:
    """How values depend on where calls end.

    Attributes:
        kind: how regtrack's sweep joins calls: `exact`, `centre` or `blend`.
        ends: of the outputs of one call, by distance from its nearer end, against calls in whose
            middle they lie.
        sweep: of the values of a sweep, by distance from the nearest seam, against the same.
        spread: the standard deviation of the values, to compare with.
    """

    kind: str
    ends: Differences
    sweep: Differences
    spread: float

    @property
    def flanks(self) -> tuple[Flank, ...]:
        """The differences by flank: none, then powers of ten up to a quarter of a call."""
        furthest = int(self.ends.distance[-1])
        steps = [0, *(10**power for power in range(1, 7) if 10**power < furthest)]
        return tuple(Flank(step, *self.ends.beyond(step)) for step in steps)

    def to_dict(self) -> dict[str, Any]:
        """The seams as JSON-serialisable values; curves as lists."""
        largest, mean = self.sweep.beyond(0)
        return {
            "kind": self.kind,
            "spread": self.spread,
            "sweep": {"largest": largest, "mean": mean} | _curve(self.sweep),
            "ends": _curve(self.ends),
            "flanks": [asdict(flank) for flank in self.flanks],
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """What a pass takes.

    Attributes:
        batch: calls at once.
        length: bp of a call.
        speed: outputs per second (bp).
        memory: bytes besides the network's weights.
    """

    batch: int
    length: int
    speed: float
    memory: int


@dataclass(frozen=True, eq=False)
class ModelCheck:
    """What a network's description claims, and what was measured.

    Attributes:
        name: the network's name.
        claims: one per thing that was looked at.
        seams: how values depend on where calls end; None: a call has too few outputs to tell.
        costs: time and memory by batch.
        description: that of the network, with what was measured in place of what is wrong.
        notes: what may be of use, in one line each.
    """

    name: str
    claims: tuple[Claim, ...]
    seams: Seams | None
    costs: tuple[Cost, ...]
    description: NetworkDescription
    notes: tuple[str, ...] = field(default=())

    @property
    def wrong(self) -> tuple[str, ...]:
        """What is claimed wrongly, in one line each."""
        return tuple(claim.wrong for claim in self.claims if claim.wrong)

    def to_dict(self) -> dict[str, Any]:
        """The check as JSON-serialisable values."""
        return {
            "name": self.name,
            "claims": [asdict(claim) for claim in self.claims],
            "wrong": list(self.wrong),
            "notes": list(self.notes),
            "seams": self.seams and self.seams.to_dict(),
            "costs": [asdict(cost) for cost in self.costs],
            "description": self.description.to_dict(),
        }


def _curve(found: Differences) -> dict[str, list[float]]:
    return {
        "distance": found.distance.tolist(),
        "largest_by_distance": found.largest.tolist(),
        "mean_by_distance": found.mean.tolist(),
    }
