"""The tables of docs/models.md say what the networks count."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from regtrack.model_style import TITLES
from regtrack.models.network import TrackModel
from regtrack.models.registry import MODELS, build_model, default_settings

DOC = Path(__file__).parents[2] / "docs" / "models.md"


def rows(header: str) -> list[list[str]]:
    """The cells of the table whose header starts as given."""
    lines = DOC.read_text().splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith(header)) + 2
    body = lines[first : first + next(i for i, s in enumerate(lines[first:]) if not s.strip())]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body]


def settings_of(text: str) -> dict[str, Any]:
    match = re.fullmatch(r"`(\w+)=(.+)`", text)
    return {match[1]: json.loads(match[2])} if match else {}


def row_of(model: TrackModel, settings: str, layers: str) -> list[str]:
    left_right = ", ".join(map(str, model.reach)) if model.reach else "all"
    return [
        TITLES[model.name],
        f"`{model.name}`",
        settings,
        layers,
        str(model.stride),
        f"{model.receptive_field:,}" if model.receptive_field else "all",
        left_right,
        f"{model.flank:,}" if model.flank else "none",
        f"{model.parameter_count:,}",
    ]


@pytest.mark.parametrize("row", rows("| model | name |"), ids=lambda row: f"{row[0]} {row[2]}")
def test_the_table_says_what_the_network_counts(row: list[str]) -> None:
    model = build_model(row[1].strip("`"), 919, **settings_of(row[2]))

    assert row == row_of(model, row[2], row[3])


def test_the_table_has_every_network() -> None:
    assert {row[1].strip("`") for row in rows("| model | name |")} == MODELS.keys()


def test_every_setting_is_described() -> None:
    described: dict[str, dict[str, Any]] = {name: {} for name in MODELS}
    for setting, default, where, _ in rows("| setting |"):
        key = setting.strip("`")
        names = list(MODELS) if where == "all" else re.findall(r"`(.+?)`", where)
        for name in names:  # a row of one network's own says more than one of all
            known = default_settings(name).get(key)
            described[name][key] = known if key == "channels" else json.loads(default)

    assert described == {name: default_settings(name) for name in MODELS}


@pytest.mark.parametrize("row", rows("| model | settings | share"), ids=" ".join)
def test_the_shares_seen_match_the_docs(
    row: list[str],
    lively: Callable[..., TrackModel],
    seen: Callable[[TrackModel, int, int], torch.Tensor],
) -> None:
    title, settings, share = row
    name = next(name for name, paper in TITLES.items() if paper == title)
    model = lively(name, **settings_of(settings))
    position = model.flank + model.stride
    first, last = model.needed(position)
    touched = seen(model, position, 2 * position)

    assert f"{touched[first : last + 1].double().mean():.3f}" == share


def test_the_extra_convolution_has_the_parameters_in_the_docs() -> None:
    said = re.findall(r"convolution of dilation 1 does, for ([\d,]+) parameters", DOC.read_text())
    wider = build_model("dilated", 1, dilations=[1, 3, 9, 27, 81])
    plain = build_model("dilated", 1)

    assert said == [f"{wider.parameter_count - plain.parameter_count:,}"]
