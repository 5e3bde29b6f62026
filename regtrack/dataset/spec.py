"""The specification of a dataset: its windows, when one is dropped, and how they are split."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from regtrack.dataset.places import single_places
from regtrack.errors import DatasetError, check_seed, invalid
from regtrack.frozen import take_names
from regtrack.genome.assembly import Assembly

# The settings that each kind of split uses; setting any other is refused as a mistake.
_USES: dict[str, set[str]] = {
    "random": {"fractions"},
    "chrom": {"valid_chroms", "test_chroms"},
    "block": {"fractions", "block"},
    "given": set(),
}

BENCHMARK_VALID = ("chr7:30508751-35296850",)
BENCHMARK_TEST = ("chr8", "chr9")
SHORT_BIN = 200  # bp
SHORT_NEEDS = "TF"

_OF_LABELS = ("crop", "bin", "needs")


@dataclass(frozen=True, slots=True)
class SplitSpec:
    """How windows are divided into train, valid and test.

    Attributes:
        kind: `random` windows (80/10/10, as Gupta and Rush 2017), whole chromosomes (`chrom`),
            contiguous stretches (`block`), or as files say that hold a split each (`given`).
        seed: of the random kinds.
        fractions: of the windows in train, valid and test; for `random` and `block`.
        valid_chroms: chromosomes of the valid split, or a single name; for `chrom`. A region such
            as `chr7:30508751-35296850` stands for the windows within it.
        test_chroms: likewise of the test split.
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
        check_seed(self.seed, DatasetError)
        self._check_unread()
        self._check_fractions()
        self._check_chroms()
        if self.block < 1:
            raise DatasetError(invalid("block", self.block, "at least 1", "bp"))

    @classmethod
    def benchmark(cls) -> Self:
        """The split of Zhou and Troyanskaya (2015): chr8 and chr9 are test, part of chr7 is valid.

        Their coordinates are of hg19.
        """
        return cls("chrom", valid_chroms=BENCHMARK_VALID, test_chroms=BENCHMARK_TEST)

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON-serialisable values."""
        return asdict(self)

    def on(self, assembly: Assembly) -> SplitSpec:
        """With one name per chromosome or region where a list of several was given.

        Raises:
            DatasetError: a chromosome in two splits.
        """
        return replace(
            self,
            valid_chroms=single_places(self.valid_chroms, assembly),
            test_chroms=single_places(self.test_chroms, assembly),
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
        crop: bp at each end of a window that are read and have no label. Labelled stretches do not
            overlap, so windows do where there is a crop.
        bin: bp with one common label, which is 1 if more than half of them are in peaks.
        needs: a category: only windows are kept whose labelled stretch overlaps a peak of one of
            its markers. Empty: all.

    Raises:
        DatasetError: a window below 1 bp, or a fraction outside 0 to 1; a crop that leaves no
            whole number of bins.
    """

    window: int = 25_000
    max_n: float = 0.1
    max_multimap: float = 0.1
    split: SplitSpec = field(default_factory=SplitSpec)
    chroms: tuple[str, ...] = ()
    crop: int = 0
    bin: int = 1
    needs: str = ""

    def __post_init__(self) -> None:
        take_names(self, "chroms")
        if self.window < 1:
            raise DatasetError(invalid("window", self.window, "at least 1", "bp"))
        for name, share in (("max_n", self.max_n), ("max_multimap", self.max_multimap)):
            if not 0 <= share <= 1:
                raise DatasetError(invalid(name, share, "a fraction from 0 to 1"))
        self._check_labels()
        if self.split.kind == "block" and self.split.block < self.window:
            expected = f"at least one window, {self.window:,} bp"
            raise DatasetError(invalid("block", self.split.block, expected, "bp"))

    @classmethod
    def short(
        cls, window: int = 1_000, *, split: SplitSpec | None = None, chroms: tuple[str, ...] = ()
    ) -> Self:
        """Windows as Zhou and Troyanskaya (2015) have them: one label for the middle 200 bp.

        Args:
            window: its length (bp); an even number of bp is left on both sides of the middle.
            split: how they are divided; default: as they did.
            chroms: as in the class.
        """
        if window < SHORT_BIN or (window - SHORT_BIN) % 2:
            expected = f"{SHORT_BIN} bp in the middle and as many on both sides of them"
            raise DatasetError(invalid("window", window, expected, "bp"))
        return cls(
            window, split=split or SplitSpec.benchmark(), chroms=chroms,
            crop=(window - SHORT_BIN) // 2, bin=SHORT_BIN, needs=SHORT_NEEDS,
        )  # fmt: skip

    @property
    def labelled(self) -> int:
        """The bp in the middle of a window that have labels: from one window to the next."""
        return self.window - 2 * self.crop

    @property
    def labels(self) -> int:
        """P, the number of labels that a window has of each marker."""
        return self.labelled // self.bin

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON-serialisable values; labels of single bases go without saying."""
        found = asdict(self)
        plain = {one.name: one.default for one in fields(self) if one.name in _OF_LABELS}
        return {name: value for name, value in found.items() if plain.get(name, ...) != value}

    def on(self, assembly: Assembly) -> DatasetSpec:
        """With one name per chromosome where a list of several was given.

        Raises:
            DatasetError: a chromosome in two splits.
        """
        return replace(self, chroms=assembly.named(self.chroms), split=self.split.on(assembly))

    def _check_labels(self) -> None:
        if self.crop < 0 or self.bin < 1 or self.labelled < 1 or self.labelled % self.bin:
            raise DatasetError(
                f"a window of {self.window:,} bp less `crop` {self.crop:,} on both sides leaves "
                f"{self.labelled:,} bp; expected a multiple of `bin`, {self.bin:,} bp"
            )


def _listed(values: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in values)


def _reader(setting: str) -> str:
    return " or ".join(kind for kind, settings in _USES.items() if setting in settings)
