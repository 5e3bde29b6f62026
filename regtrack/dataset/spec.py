"""The specification of a dataset: its windows, when one is dropped, and how they are split."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from regtrack.errors import DatasetError, invalid
from regtrack.frozen import take_names
from regtrack.genome.assembly import Assembly

# The settings that each kind of split uses; setting any other is refused as a mistake.
_USES = {
    "random": {"fractions"},
    "chrom": {"valid_chroms", "test_chroms"},
    "block": {"fractions", "block"},
}


@dataclass(frozen=True, slots=True)
class SplitSpec:
    """How windows are divided into train, valid and test.

    Attributes:
        kind: `random` windows (80/10/10, as Gupta and Rush 2017), whole chromosomes (`chrom`), or
            contiguous stretches (`block`).
        seed: of the random kinds.
        fractions: of the windows in train, valid and test; for `random` and `block`.
        valid_chroms: chromosomes of the valid split, or a single name; for `chrom`.
        test_chroms: chromosomes of the test split, or a single name; for `chrom`.
        block: length of a stretch (bp); for `block`.

    Raises:
        DatasetError: an unknown kind, fractions that do not add up to 1, a chromosome in two
            splits, a block below 1 bp, or a setting that the kind does not use.
    """

    kind: str = "random"
    seed: int = 0
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
    valid_chroms: tuple[str, ...] = ()
    test_chroms: tuple[str, ...] = ()
    block: int = 1_000_000

    def __post_init__(self) -> None:
        take_names(self, "valid_chroms", "test_chroms")
        if self.kind not in _USES:
            raise DatasetError(invalid("split", self.kind, ", ".join(_USES)))
        if self.seed < 0:
            raise DatasetError(invalid("seed", self.seed, "0 or more"))
        self._check_unread()
        self._check_fractions()
        self._check_chroms()
        if self.block < 1:
            raise DatasetError(invalid("block", self.block, "at least 1", "bp"))

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON-serialisable values."""
        return asdict(self)

    def on(self, assembly: Assembly) -> SplitSpec:
        """With one name per chromosome where a list of several was given.

        Raises:
            DatasetError: a chromosome in two splits.
        """
        return replace(
            self,
            valid_chroms=assembly.named(self.valid_chroms),
            test_chroms=assembly.named(self.test_chroms),
        )

    def _check_unread(self) -> None:
        for setting in fields(self):
            if setting.name in {"kind", "seed"} | _USES[self.kind]:
                continue
            if getattr(self, setting.name) != setting.default:
                raise DatasetError(
                    f"`{setting.name}` is set, but a {self.kind} split does not use it; leave it "
                    f"out, or choose the split {_reader(setting.name)}"
                )

    def _check_fractions(self) -> None:
        if (
            len(self.fractions) != 3
            or not all(0 <= fraction <= 1 for fraction in self.fractions)
            or not math.isclose(sum(self.fractions), 1, abs_tol=1e-6)
        ):
            expected = "three for train, valid and test, each from 0 to 1 and adding up to 1"
            raise DatasetError(invalid("fractions", _listed(self.fractions), expected))

    def _check_chroms(self) -> None:
        both = set(self.valid_chroms) & set(self.test_chroms)
        if both:
            raise DatasetError(
                f"chromosome {min(both)} is in valid and in test; keep it in one of them"
            )
        if self.kind == "chrom" and not (self.valid_chroms or self.test_chroms):
            raise DatasetError(
                "a chrom split holds out chromosomes; name some as `valid_chroms` or `test_chroms`"
            )


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """Which windows a dataset has.

    Attributes:
        window: length of a window (bp).
        max_n: a window with a larger fraction of bases that are N or excluded is dropped.
        max_multimap: a window with a larger fraction of multi-mapped bases is dropped.
        split: how the windows are divided.
        chroms: the chromosomes to use, or a single name; empty: all.

    Raises:
        DatasetError: a window below 1 bp, or a fraction outside 0 to 1.
    """

    window: int = 25_000
    max_n: float = 0.1
    max_multimap: float = 0.1
    split: SplitSpec = field(default_factory=SplitSpec)
    chroms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        take_names(self, "chroms")
        if self.window < 1:
            raise DatasetError(invalid("window", self.window, "at least 1", "bp"))
        for name, share in (("max_n", self.max_n), ("max_multimap", self.max_multimap)):
            if not 0 <= share <= 1:
                raise DatasetError(invalid(name, share, "a fraction from 0 to 1"))
        if self.split.kind == "block" and self.split.block < self.window:
            expected = f"at least one window, {self.window:,} bp"
            raise DatasetError(invalid("block", self.split.block, expected, "bp"))

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON-serialisable values."""
        return asdict(self)

    def on(self, assembly: Assembly) -> DatasetSpec:
        """With one name per chromosome where a list of several was given.

        Raises:
            DatasetError: a chromosome in two splits.
        """
        return replace(self, chroms=assembly.named(self.chroms), split=self.split.on(assembly))


def _listed(values: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in values)


def _reader(setting: str) -> str:
    return " or ".join(kind for kind, settings in _USES.items() if setting in settings)
