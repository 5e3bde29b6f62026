"""The options of the command line match the library's fields, with the same defaults."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields
from typing import Any

import pytest
import typer

from regtrack.cli.app import app
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.saliency.compare import SaliencyRequest
from regtrack.saliency.gradient import gradient_saliency
from regtrack.saliency.region import saliency_of_region
from regtrack.sweep.request import Compute, Selection, Storage
from regtrack.training.config import Hardware, TrainingConfig
from regtrack.training.recipes import RECIPES

COMMANDS: Any = typer.main.get_command(app)
# where an option says by a value what the library says by none
EMPTY = {(): None, None: None, (0.8, 0.1, 0.1): "0.8,0.1,0.1"}
# what an option leaves to --task; and what --task alone chooses
OF_TASK = {(DatasetSpec, "window"), (SplitSpec, "kind")}
BY_TASK = {(DatasetSpec, name) for name in ("crop", "bin", "needs")}
# what the command line calls otherwise than the value that holds it
CALLED = {(SplitSpec, "kind"): "split"}


def told(value: type) -> Iterator[tuple[str, Any]]:
    """The fields of a value and their defaults."""
    one: Field[Any]
    for one in fields(value):
        yield one.name, one.default if one.default is not MISSING else one.default_factory


@pytest.mark.parametrize(
    ("command", "value"),
    [
        ("build-dataset", DatasetSpec),
        ("build-dataset", SplitSpec),
        ("train", Hardware),
        ("predict-genome", Selection),
        ("predict-genome", Compute),
        ("predict-genome", Storage),
        ("saliency", SaliencyRequest),
    ],
)
def test_every_field_is_an_option_with_the_same_default(command: str, value: type) -> None:
    options = {one.name: one.default for one in COMMANDS.commands[command].params}
    for field, default in told(value):
        name = CALLED.get((value, field), field)
        if (value, field) in BY_TASK:
            assert name not in options
            continue
        assert name in options, f"{command} has no option for {value.__name__}.{field}"
        if (value, field) in OF_TASK:
            assert options[name] is None
        elif default not in {MISSING, SplitSpec}:  # a value of its own
            assert options[name] == EMPTY.get(default, default), name


def test_every_setting_of_a_training_is_an_option_whose_help_states_the_recipes_values() -> None:
    options = {one.name: one for one in COMMANDS.commands["train"].params}
    for field, default in told(TrainingConfig):
        option = options[field]
        if option.default is not None:
            assert option.default == default
            assert {getattr(one, field) for pair in RECIPES.values() for one in pair} == {default}
    says = {name: options[name].help.partition(" Default: ")[2] for name in options}
    assert says["epochs"] == "30."
    assert says["batch_size"] == "2, of short windows 32; paper 8, of short windows 64."
    assert says["learning_rate"] == "0.002, of short windows 0.001; paper 0.001."
    assert says["weight_decay"] == "0.01; paper 0."
    assert says["shift"] == "10,000, of short windows 100; paper 0."
    assert says["reverse_complement"] == "yes."


@pytest.mark.parametrize(
    ("value", "without"),
    [
        (Selection, ()),
        (Compute, ("compiling", "reverse_complement", "step")),  # of gradients
        (Storage, ("logits", "transform")),
    ],
)
def test_saliency_tracks_offer_every_option_that_applies_to_gradients(
    value: type, without: tuple[str, ...]
) -> None:
    options = {one.name: one.default for one in COMMANDS.commands["saliency-tracks"].params}
    for name, default in told(value):
        if name in without:
            assert name not in options
        else:
            assert options[name] == EMPTY.get(default, default), name


@pytest.mark.parametrize("function", [saliency_of_region, gradient_saliency])
def test_saliency_has_the_same_defaults_everywhere(function: Callable[..., object]) -> None:
    """An option that the command and a function share has one default."""
    request = dict(told(SaliencyRequest))
    shared = {
        name: one.default
        for name, one in inspect.signature(function).parameters.items()
        if name in request and one.default not in {inspect.Parameter.empty, None}
    }
    assert "method" in shared
    assert shared == {name: request[name] for name in shared}
