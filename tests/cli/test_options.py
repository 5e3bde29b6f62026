"""What the command line offers is what the values of the library hold, with the same defaults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from typing import Any

import pytest
import typer

from regtrack.cli.app import app
from regtrack.sweep.request import Compute, Selection, Storage

COMMANDS: Any = typer.main.get_command(app)
# where an option says by a value what the library says by none
EMPTY = {(): None, None: None}


def told(value: type) -> Iterator[tuple[str, Any]]:
    """The fields of a value and their defaults."""
    one: Field[Any]
    for one in fields(value):
        yield one.name, one.default if one.default is not MISSING else one.default_factory


@pytest.mark.parametrize(
    ("command", "value"),
    [("predict-genome", Selection), ("predict-genome", Compute), ("predict-genome", Storage)],
)
def test_every_field_is_an_option_with_the_same_default(command: str, value: type) -> None:
    options = {one.name: one.default for one in COMMANDS.commands[command].params}
    for name, default in told(value):
        assert name in options, f"{command} has no option for {value.__name__}.{name}"
        assert options[name] == EMPTY.get(default, default), name


@pytest.mark.parametrize(
    ("value", "without"),
    [
        (Selection, ()),
        (Compute, ("compiling", "reverse_complement")),  # gradients are of one strand, and plain
        (Storage, ("logits",)),
    ],
)
def test_saliency_tracks_offer_all_that_a_gradient_can_have(
    value: type, without: tuple[str, ...]
) -> None:
    options = {one.name: one.default for one in COMMANDS.commands["saliency-tracks"].params}
    for name, default in told(value):
        if name in without:
            assert name not in options
        else:
            assert options[name] == EMPTY.get(default, default), name
