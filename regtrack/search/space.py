"""What a search varies: choices and ranges of a network's settings and of its training."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import product
from typing import Any

from regtrack.errors import CheckpointError, SearchError, TrainingError, nearest, quoted
from regtrack.files.shown import listed
from regtrack.models.registry import MODELS, default_settings
from regtrack.models.settings import converted
from regtrack.training.config import TrainingConfig

NETWORK, TRAINING = "network", "training"
SECTIONS = (NETWORK, TRAINING)
NOT_SEARCHED = ("epochs",)  # what pruning compares trials by
_MOST_CHECKED = 20_000  # combinations that are checked one by one, at 20 microseconds each
_MOST_VALUES = 1_000  # of one setting


@dataclass(frozen=True)
class Choices:
    """A setting that is one of several values.

    Attributes:
        values: numbers, strings, or tuples of whole numbers; all different.

    Raises:
        SearchError: none, too many, or one twice.
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        count = len(self.values)
        if not 1 <= count <= _MOST_VALUES:
            raise SearchError(f"it has {count:,} values; expected 1 to {_MOST_VALUES:,}")
        twice = next((one for one in self.values if self.values.count(one) > 1), None)
        if twice is not None:
            raise SearchError(f"it has {plain(twice)} twice; expected different values")

    @property
    def grid(self) -> tuple[Any, ...]:
        """All values."""
        return self.values

    @property
    def edges(self) -> tuple[Any, ...]:
        """The values that are valid if all are."""
        return self.values

    def holds(self, value: Any) -> bool:
        """Whether it is one of the values."""
        return value in self.values

    def to_json(self) -> Any:
        """The values as a list."""
        return [plain(value) for value in self.values]


@dataclass(frozen=True, kw_only=True)
class Range:
    """A number between two others.

    Attributes:
        low: the least value.
        high: the greatest value.
        step: distance of the values from `low`; None: any value, or any whole number.
        log: whether to draw values on a logarithmic scale.
        whole: whether the values are whole numbers.

    Raises:
        SearchError: no values in between, or a step on a logarithmic scale.
    """

    low: float
    high: float
    step: float | None = None
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        numbers = [one for one in (self.low, self.high, self.step) if one is not None]
        if not all(math.isfinite(one) for one in numbers):
            raise SearchError("its range is not finite; expected numbers")
        if not self.low < self.high:
            raise SearchError(f"low is {self.low:g} and high {self.high:g}; expected low < high")
        if self.log and self.low <= 0:
            raise SearchError(f"low is {self.low:g} with log = true; expected more than 0")
        if self.step is not None and (self.log or not 0 < self.step <= self.high - self.low):
            given = f"{self.step:g}"
            raise SearchError(
                f"step is {given}; expected more than 0 and at most high - low, and no log"
            )

    @property
    def grid(self) -> tuple[Any, ...] | None:
        """All values; None if there are too many to list."""
        step = 1 if self.whole and self.step is None else self.step
        if step is None or (self.high - self.low) / step >= _MOST_VALUES:
            return None
        count = math.floor((self.high - self.low) / step + 1e-9) + 1
        found = (self.low + nth * step for nth in range(count))
        return tuple(int(one) if self.whole else round(one, 12) for one in found)

    @property
    def edges(self) -> tuple[Any, ...]:
        """The values that are valid only if all between are."""
        return self.low, self.high

    def holds(self, value: Any) -> bool:
        """Whether it is one of the values."""
        return self.low <= value <= self.high and (self.grid is None or value in self.grid)

    def to_json(self) -> Any:
        """The range as an object."""
        made: dict[str, Any] = {"low": self.low, "high": self.high}
        if self.step is not None:
            made["step"] = self.step
        return {**made, "log": True} if self.log else made


@dataclass(frozen=True)
class Space:
    """The settings of a network and of its training: those that a search varies, and the others.

    Attributes:
        model: the network's name.
        searched: choices and ranges by setting; at least two combinations.
        fixed: values of other settings that differ from their defaults.

    Raises:
        SearchError: no such network or setting, or a value that it cannot have.
    """

    model: str
    searched: Mapping[str, Choices | Range]
    fixed: Mapping[str, Any]

    def __post_init__(self) -> None:
        if self.size == 1:
            raise SearchError("nothing varies; give at least one setting several values or a range")
        for name in NOT_SEARCHED:
            if name in self.searched:
                raise SearchError(f"{name} cannot be searched, since it is the same in all trials")
        for section in SECTIONS:
            for values in self._checked(section):
                self._check({**self.fixed, **values})

    @property
    def size(self) -> int | None:
        """The number of combinations; None if a range has no end of values."""
        grids = [one.grid for one in self.searched.values()]
        return math.prod(len(grid) for grid in grids if grid) if all(grids) else None

    @property
    def defaults(self) -> dict[str, Any] | None:
        """The default of each setting that is searched; None if one of them is not in the space."""
        known = {n: v for part in settings_of(self.model).values() for n, v in part.items()}
        found = {name: known[name] for name in self.searched}
        inside = all(domain.holds(found[name]) for name, domain in self.searched.items())
        return found if inside else None

    @property
    def config(self) -> TrainingConfig:
        """The training settings that all trials share; those searched have their defaults."""
        return self.trial({})[1]

    def trial(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], TrainingConfig]:
        """The network's settings and the training settings of a trial.

        Raises:
            CheckpointError: the network cannot have these settings together.
            TrainingError: an invalid value.
        """
        given = {**self.fixed, **values}
        parts: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
        for name, value in given.items():
            parts[section_of(self.model, name)][name] = value
        MODELS[self.model].settings(**parts[NETWORK])
        return parts[NETWORK], TrainingConfig(**parts[TRAINING])

    def with_fixed(self, **values: Any) -> Space:
        """A space in which more settings have one value.

        Raises:
            SearchError: one of them is searched or already has another value.
        """
        for name, value in values.items():
            if name in self.searched or self.fixed.get(name, value) != value:
                raise SearchError(f"`{name}` is given, and the search space has it too; drop one")
        return Space(self.model, self.searched, {**self.fixed, **values})

    def with_recipe(self, recipe: TrainingConfig) -> Space:
        """A space in which training settings that it does not name have the values of a recipe."""
        values = {
            field.name: getattr(recipe, field.name)
            for field in fields(TrainingConfig)
            if field.name not in {**self.searched, **self.fixed}
        }
        defaults = settings_of(self.model)[TRAINING]
        others = {name: value for name, value in values.items() if value != defaults[name]}
        return self.with_fixed(**others)

    def to_dict(self) -> dict[str, Any]:
        """The space as JSON-serialisable values, by section."""
        made: dict[str, Any] = {section: {} for section in SECTIONS}
        for name, domain in self.searched.items():
            made[section_of(self.model, name)][name] = domain.to_json()
        for name, value in self.fixed.items():
            made[section_of(self.model, name)][name] = plain(value)
        return made

    def _checked(self, section: str) -> Iterator[dict[str, Any]]:
        """Combinations of one section: all, or each value alone if there are too many."""
        edges = {
            name: domain.edges
            for name, domain in self.searched.items()
            if section_of(self.model, name) == section
        }
        if math.prod(map(len, edges.values())) <= _MOST_CHECKED:
            for values in product(*edges.values()):
                yield dict(zip(edges, values, strict=True))
        else:
            for name, values in edges.items():
                yield from ({name: value} for value in values)

    def _check(self, values: Mapping[str, Any]) -> None:
        try:
            self.trial(values)
        except (CheckpointError, TrainingError) as error:
            raise SearchError(str(error).replace("`", "")) from error


def section_of(model: str, name: str) -> str:
    """`network` or `training`: whose setting it is.

    Raises:
        SearchError: no such network or setting.
    """
    for section, defaults in settings_of(model).items():
        if name in defaults:
            return section
    names = [name for defaults in settings_of(model).values() for name in defaults]
    like = nearest(name, names) or f"; expected one of {listed(names, 40)}"
    raise SearchError(f"there is no setting {quoted(name)}{like}")


@cache  # asked for every setting of thousands of combinations
def settings_of(model: str) -> Mapping[str, Mapping[str, Any]]:
    """All settings with their defaults, by section.

    Raises:
        SearchError: no such network.
    """
    try:
        network = default_settings(model)
    except CheckpointError as error:
        raise SearchError(str(error)) from error
    training = {field.name: field.default for field in fields(TrainingConfig)}
    network = {n: tuple(v) if isinstance(v, list) else v for n, v in network.items()}
    return {NETWORK: network, TRAINING: training}


def read_domain(model: str, name: str, value: Any) -> Any:
    """A setting of a space file: several values, a range, or one value.

    Args:
        model: the network.
        name: of the setting.
        value: a list of values, `{low, high}` perhaps with `step` or `log`, or one value. For a
            setting that is itself a list, several values are a list of lists.

    Returns:
        `Choices`, a `Range`, or the one value.

    Raises:
        SearchError: no such setting, or not a value of it.
    """
    default = settings_of(model)[section_of(model, name)][name]
    try:
        if isinstance(value, Mapping):
            return _range(value, default)
        if isinstance(value, list) and _is_several(value, default):
            return Choices(tuple(converted(name, one, default) for one in value))
        return converted(name, value, default)
    except (SearchError, CheckpointError) as error:
        text = str(error).replace("`", "")
        raise SearchError(text if text.startswith(name) else f"{name}: {text}") from error


def _is_several(value: Sequence[Any], default: Any) -> bool:
    """Whether a list holds values, and is not one."""
    return not isinstance(default, tuple) or any(isinstance(one, list) for one in value)


def _range(value: Mapping[str, Any], default: Any) -> Range:
    known = ("low", "high", "step", "log")
    for key in value:
        if key not in known:
            raise SearchError(f"{quoted(key)} is no part of a range; expected {', '.join(known)}")
    if "low" not in value or "high" not in value:
        raise SearchError("a range needs low and high")
    if isinstance(default, bool) or not isinstance(default, int | float):
        raise SearchError("it has no range, since it is not a number; expected a list of values")
    if not isinstance(value.get("log", False), bool):
        raise SearchError(f"log is {value['log']}; expected true or false")
    numbers = {key: converted(key, value[key], default) for key in known[:3] if key in value}
    return Range(**numbers, log=value.get("log", False), whole=isinstance(default, int))


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def text_of(value: Any) -> str:
    """A value in few letters, for tables and axes.

    >>> text_of((3, 9, 27)), text_of(0.0012345), text_of("max"), text_of(125)
    ('3,9,27', '0.00123', 'max', '125')
    """
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def to_json_text(value: Any) -> str:
    """A list as a text, as studies store it.

    >>> to_json_text((3, 9))
    '[3, 9]'
    """
    return json.dumps(plain(value))
