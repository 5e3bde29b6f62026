"""Says which saliency tracks are 0 everywhere, and what the highest scores are."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regtrack.sweep.summary import SweepSummary, TrackSummary

if TYPE_CHECKING:
    from torch import Tensor

_NAMED = 10  # markers listed; more are counted
_log = logging.getLogger(__name__)


@dataclass
class Highest:
    """The highest logit per marker that this process has computed.

    Passes on several threads or streams each add their own, which are compared at the end.
    """

    _logits: list[Tensor] = field(default_factory=list)

    def see(self, logits: Tensor) -> None:
        """Take the highest of logits, floats (B, M, L); -inf where a base is N."""
        self._logits.append(logits.amax(dim=(0, 2)))

    def scores(self) -> list[float]:
        """The highest score of each marker, M floats; empty if nothing was computed here."""
        found = [logits.float().cpu() for logits in self._logits]
        return [max(one).sigmoid().item() for one in zip(*found, strict=True)]


def note_unreached(
    summary: SweepSummary, *, threshold: float | None = None, highest: Highest | None = None
) -> None:
    """Warn about markers whose tracks are 0 everywhere.

    Args:
        summary: of a finished sweep; only absolute saliency is looked at.
        threshold: of the score; None: not known here.
        highest: filled by the sweep. If it resumed, or ran elsewhere, not all values were seen.
    """
    tracks = [track for track in summary.tracks if track.values == "absolute saliency"]
    scores = highest.scores() if highest and summary.speed is not None else []
    told = [
        _named(track, scores[row] if scores else None, threshold)
        for row, track in enumerate(tracks)
        if track.high == 0
    ]
    if told:
        shown = ", ".join(told[:_NAMED]) + f" and {len(told) - _NAMED} more" * (len(told) > _NAMED)
        why = "no base has an effect on an output"
        if threshold is None or threshold > 0:
            limit = "the threshold" if threshold is None else f"the `threshold` of {threshold:g}"
            why = f"no score reaches {limit}"
        _log.warning(
            "the tracks of %s of %s markers are 0 everywhere, since %s: %s",
            f"{len(told):,}", f"{len(tracks):,}", why, shown,
        )  # fmt: skip


def _named(track: TrackSummary, highest: float | None, threshold: float | None) -> str:
    # an output in a flank may reach the threshold, and no base shown
    if highest is None or not threshold or highest >= threshold:
        return track.marker
    return f"{track.marker} (highest score {highest:.3g})"
