"""The settings that all families of networks share, checked once."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from regtrack.errors import CheckpointError, invalid
from regtrack.models.blocks import AfterConv

WIDEST = 65_536  # channels of any layer
LONGEST = 1_000  # positions of a convolution or a block
FURTHEST = 1_000_000  # positions between two that a dilated convolution reads
MOST_LAYERS = 32
MOST_PASSES = 16


@dataclass(frozen=True)
class Settings:
    """What a user may choose in any network.

    Attributes:
        channels: of the convolutions, in the order of the family's `channel_roles`.
        hidden: size of the dense layer at every base.
        width: of every convolution (positions).
        dropout: fraction of activations dropped in training.
        bn_momentum: weight of the newest batch in the batch norm's running statistics.

    Raises:
        CheckpointError: an invalid value.
    """

    channel_roles: ClassVar[tuple[str, ...]] = ()

    channels: tuple[int, ...] = ()
    hidden: int = 125
    width: int = 10
    dropout: float = 0.25
    bn_momentum: float = 0.1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = converted(field.name, getattr(self, field.name), field.default)
            object.__setattr__(self, field.name, value)
        roles = self.channel_roles
        expected = f"{len(roles)} numbers ({', '.join(roles)})"
        self._check("channels", len(self.channels) == len(roles), expected)
        self._check_size("channels", WIDEST)
        self._check_size("hidden", WIDEST)
        self._check_size("width", LONGEST)
        self._check("dropout", 0 <= self.dropout < 1, "at least 0 and below 1")
        self._check("bn_momentum", 0 < self.bn_momentum <= 1, "above 0 and at most 1")

    def _check(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise CheckpointError(invalid(name, getattr(self, name), expected))

    def _check_size(self, name: str, most: int) -> None:
        """Refuse a size, or one of several, that no network has: it may come from any file."""
        value = getattr(self, name)
        sizes = value if isinstance(value, tuple) else (value,)
        what = "numbers of " if isinstance(value, tuple) else ""
        self._check(name, min(sizes) >= 1, f"{what}at least 1")
        self._check(name, max(sizes) <= most, f"{what}at most {most:,}")

    def after_conv(self, passes: int = 1) -> AfterConv:
        """What follows every convolution."""
        return AfterConv(self.dropout, self.bn_momentum, passes)

    def to_dict(self) -> dict[str, Any]:
        """The settings as JSON-serialisable values."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


def converted(name: str, value: Any, default: Any) -> Any:
    """A setting converted to the type of its default: JSON has lists for tuples and 0 for 0.0.

    Raises:
        CheckpointError: it is of another type.
    """
    if isinstance(default, tuple):
        if isinstance(value, list | tuple) and all(type(item) is int for item in value):
            return tuple(value)
        expected = "a list of whole numbers"
    elif isinstance(default, float):
        if type(value) in (int, float):
            return float(value)
        expected = "a number"
    else:
        if type(value) is type(default):
            return value
        kinds = {bool: "true or false", int: "a whole number"}
        expected = kinds.get(type(default), "a string")
    raise CheckpointError(invalid(name, value, expected))
