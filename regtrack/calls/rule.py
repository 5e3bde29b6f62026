"""What a peak is: thresholds, the shortest length, and the gaps that are bridged."""

from __future__ import annotations

import math
from dataclasses import dataclass

from regtrack.errors import TrackError, invalid
from regtrack.measures.thresholds import Threshold, ThresholdTable
from regtrack.tracks.bigwig.layout import LAST_BASE
from regtrack.tracks.bigwig.rounding import MANTISSA_BITS

_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class CallRule:
    """How peaks are called; exactly one of `precision`, `fdr` and `threshold` is given.

    Bases of at least the lower threshold, joined over gaps, are a peak if one of them has at least
    the threshold and they are long enough together.

    Attributes:
        precision: the threshold is the lowest of the table that has this precision.
        fdr: the same for a false discovery rate, which is 1 less the precision.
        threshold: the threshold itself, in the unit of the track.
        extend_to: the lower threshold, given in the same way; None: the threshold.
        min_length: shortest peak (bp).
        max_gap: longest stretch of lower or absent values that is bridged (bp).

    Raises:
        TrackError: none or several of the three, or a number out of range.
    """

    precision: float | None = None
    fdr: float | None = None
    threshold: float | None = None
    extend_to: float | None = None
    min_length: int = 50
    max_gap: int = 25

    def __post_init__(self) -> None:
        given = [name for name in ("precision", "fdr", "threshold") if self._of(name) is not None]
        if len(given) != 1:
            found = " and ".join(f"`{name}`" for name in given) or "none"
            raise TrackError(f"found {found}; expected one of `precision`, `fdr` and `threshold`")
        (name,) = given
        strict = self._of(name) or 0.0
        if name != "threshold" and not 0 < strict <= 1:
            raise TrackError(invalid(name, strict, "more than 0 and at most 1"))
        if not math.isfinite(strict):
            raise TrackError(invalid(name, strict, "a number"))
        self._check_low(name, strict)
        if self.min_length < 1:
            raise TrackError(invalid("min_length", self.min_length, "at least 1", "bp"))
        if self.max_gap < 0:
            raise TrackError(invalid("max_gap", self.max_gap, "at least 0", "bp"))
        for name, length in (("min_length", self.min_length), ("max_gap", self.max_gap)):
            if length > LAST_BASE:
                raise TrackError(invalid(name, length, f"at most {LAST_BASE:,}", "bp"))

    def _check_low(self, name: str, strict: float) -> None:
        """Refuse a lower threshold that is no number, or above the other."""
        low = self.extend_to
        if low is None:
            return
        if not math.isfinite(low):
            raise TrackError(invalid("extend_to", low, "a number"))
        looser = strict <= low <= 1 if name == "fdr" else low <= strict
        if not looser or (name == "precision" and low <= 0):
            side = "at least" if name == "fdr" else "at most"
            raise TrackError(
                invalid("extend_to", low, f"{side} {strict:g}, the `{name}` of the peaks")
            )

    def _of(self, name: str) -> float | None:
        value: float | None = getattr(self, name)
        return value

    @property
    def by_table(self) -> bool:
        """Whether thresholds are looked up."""
        return self.threshold is None

    def cut(self, table: ThresholdTable | None, keep_bits: int) -> Cut | None:
        """The thresholds for a track; None if no threshold of the table has the precision.

        Args:
            table: of the marker; None if there is none, and then the threshold must be given.
            keep_bits: mantissa bits with which values of scores were stored.

        Raises:
            TrackError: values are stored with too few bits to be compared with a threshold.
        """
        if self.threshold is not None:
            low = self.threshold if self.extend_to is None else self.extend_to
            known = table.nearest if table is not None else lambda _score: None
            return Cut(self.threshold, low, known(self.threshold), known(low))
        assert table is not None
        strict, loose = self._precisions()
        high, low_row = table.reaching(strict), table.reaching(loose)
        if high is None or low_row is None:
            return None
        low_row = min(low_row, high, key=lambda row: row.score)
        return Cut(stored(high.score, keep_bits), stored(low_row.score, keep_bits), high, low_row)

    def _precisions(self) -> tuple[float, float]:
        """The precision of the threshold, and that of the lower one."""
        strict = self.precision if self.fdr is None else 1 - self.fdr
        assert strict is not None
        if self.extend_to is None:
            loose = strict
        else:
            loose = self.extend_to if self.fdr is None else 1 - self.extend_to
        return strict - _ROUNDING, loose - _ROUNDING


@dataclass(frozen=True)
class Cut:
    """The thresholds of a track.

    Attributes:
        high: a peak has a value of at least this.
        low: all bases of a peak have at least this, but for bridged gaps.
        of_high: what it had on the split of the calibration; None without a table.
        of_low: the same for the lower one.
    """

    high: float
    low: float
    of_high: Threshold | None
    of_low: Threshold | None


def stored(score: float, keep_bits: int) -> float:
    """The lowest stored value all of whose scores were at least this one before rounding.

    Args:
        score: of a table.
        keep_bits: mantissa bits of the stored values.

    Raises:
        TrackError: there is none up to 1.
    """
    if keep_bits >= MANTISSA_BITS or score <= 0:
        return score
    step = 2.0 ** (math.frexp(score)[1] - 1 - keep_bits)
    value = math.ceil(score / step) * step
    below = 2.0 ** (math.frexp(value)[1] - 1 - keep_bits)
    if math.frexp(value)[0] == 0.5:  # a power of two, below which steps are half as wide
        below /= 2
    if value - below / 2 < score:
        value += 2.0 ** (math.frexp(value)[1] - 1 - keep_bits)
    if value > 1:
        raise TrackError(
            f"the tracks keep {keep_bits} bits of each score, too few to tell scores of "
            f"{score:.6g} from lower ones; predict again with more `keep_bits`, or choose a lower "
            "precision"
        )
    return value
