"""Search spaces: what a file may say, what is refused, and what a network's own space is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from regtrack.errors import RegtrackError, SearchError
from regtrack.models.registry import MODELS
from regtrack.search.request import SearchPlan
from regtrack.search.space import Choices, Range, Space
from regtrack.search.space_file import default_space, read_space, space_of, to_toml
from regtrack.training.config import TrainingConfig

FILE = """\
# a comment

[network]
channels = [[64, 120, 50], [128, 240, 50]]
dilations = [2, 4, 8, 16]     # one value: a list
hidden = { low = 50, high = 200, step = 50 }
pooling = "max"

[training]
learning_rate = { low = 1e-4, high = 1e-2, log = true }
batch_size = [4, 8]
epochs = 3
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "space.toml"
    path.write_text(text)
    return path


def test_a_file_has_choices_ranges_and_single_values(tmp_path: Path) -> None:
    space = read_space(written(tmp_path, FILE), "dilated")
    assert space.searched == {
        "channels": Choices(((64, 120, 50), (128, 240, 50))),
        "hidden": Range(low=50, high=200, step=50, whole=True),
        "learning_rate": Range(low=1e-4, high=1e-2, log=True),
        "batch_size": Choices((4, 8)),
    }
    assert space.fixed == {"dilations": (2, 4, 8, 16), "pooling": "max", "epochs": 3}
    settings, config = space.trial(
        {"channels": (64, 120, 50), "hidden": 150, "learning_rate": 0.002, "batch_size": 4}
    )
    assert settings == {
        "channels": (64, 120, 50), "hidden": 150, "dilations": (2, 4, 8, 16), "pooling": "max"
    }  # fmt: skip
    assert config == TrainingConfig(learning_rate=0.002, batch_size=4, epochs=3)


def test_a_space_survives_its_own_file(tmp_path: Path) -> None:
    space = read_space(written(tmp_path, FILE), "dilated")
    assert read_space(written(tmp_path, to_toml(space)), "dilated") == space


@pytest.mark.parametrize("model", MODELS)
def test_every_network_has_a_space_around_its_defaults(model: str, tmp_path: Path) -> None:
    space = default_space(model)
    assert {"channels", "hidden", "width", "dropout", "bn_momentum", "learning_rate"} <= set(
        space.searched
    )
    assert space.defaults is not None
    assert read_space(written(tmp_path, to_toml(space)), model) == space


def test_the_size_of_a_grid_is_counted() -> None:
    space = space_of(
        "dilated",
        {
            "network": {
                "dropout": {"low": 0.1, "high": 0.5, "step": 0.1},  # 0.1 0.2 0.3 0.4 0.5
                "hidden": {"low": 100, "high": 102},  # 100 101 102
                "pooling": ["none", "max"],
            }
        },
    )
    assert space.searched["dropout"].grid == (0.1, 0.2, 0.3, 0.4, 0.5)
    assert space.searched["hidden"].grid == (100, 101, 102)
    assert space.size == SearchPlan(sampler="grid").count(space) == 30
    assert SearchPlan(sampler="grid", trials=12).count(space) == 12
    assert SearchPlan().count(space) == 50


def test_a_grid_needs_an_end_of_values() -> None:
    space = space_of("cnn3", {"training": {"learning_rate": {"low": 0.001, "high": 0.1}}})
    with pytest.raises(SearchError, match="learning_rate is a range of any number of values"):
        SearchPlan(sampler="grid").count(space)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[network]\nhiden = [8, 16]", 'no setting "hiden". Did you mean "hidden"'),
        ("[net]\nhidden = [8, 16]", 'no table "net"; expected [network] and [training]'),
        ("[network]\nlearning_rate = [1, 2]", "is in [network]; it belongs in [training]"),
        ("[network]\nhidden = [0, 8]", "hidden is 0; expected at least 1"),
        ("[network]\nhidden = [8, 8.5]", "hidden is 8.5; expected a whole number"),
        ("[network]\nhidden = [8, 8]", "hidden: it has 8 twice"),
        ("[network]\nhidden = []", "hidden: it has 0 values"),
        ("[network]\nhidden = 8", "nothing varies"),
        ("[network]\nchannels = [[8, 8], [8, 8, 8]]", "expected 3 numbers (first, second, the"),
        ("[network]\ndropout = { low = 0.5 }", "dropout: a range needs low and high"),
        ("[network]\ndropout = { low = 0.5, high = 0.1 }", "low is 0.5 and high 0.1"),
        ("[network]\ndropout = { low = 0.5, high = 1 }", "dropout is 1; expected at least 0 and"),
        ("[network]\ndropout = { low = 0, high = 0.5, log = true }", "low is 0 with log = true"),
        ("[network]\ndropout = { low = 0, high = 0.5, by = 1 }", '"by" is no part of a range'),
        ("[network]\ndropout = { low = 0, high = 0.5, log = 1 }", "log is 1; expected true or"),
        ("[network]\ndropout = { low = 0, high = 0.5, step = 0.6 }", "step is 0.6; expected"),
        ("[network]\npooling = { low = 0, high = 1 }", "pooling: it has no range"),
        ("[network]\npooling = ['max', 'mean']", 'pooling is "mean"; expected none or max or'),
        # two settings that do not go together
        ("[network]\npooling = ['max', 'none']\ndilations = [[2], [2, 4, 8]]", "dilations is"),
        ("[training]\nepochs = [1, 2]", "epochs cannot be searched"),
        ("[training]\nschedule = ['cosine', 'linear']", 'schedule is "linear"'),
        ("[training]\nbatch_size = ['4', '8']", 'batch_size is "4"; expected a whole number'),
        ("training = 3", "training is not a table"),
        ("[training\n", "is not valid TOML"),
        ("", "nothing varies"),
        ("[network]\ndropout = [0.1]\n[training]\nbatch_size = [4]", "nothing varies"),
    ],
)
def test_a_bad_space_is_one_line_with_the_file(text: str, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SearchError) as error:
        read_space(path, "dilated")
    assert message in str(error.value)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_missing_file_and_an_unknown_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SearchError, match=r"space\.toml"):
        read_space(tmp_path / "space.toml", "dilated")
    with pytest.raises(SearchError, match=r'no model is called "dilate".*Did you mean "dilated"'):
        default_space("dilate")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sampler": "tpa"}, '`sampler` is "tpa"; expected tpe or random or grid. Did you mean'),
        ({"pruner": "mean"}, '`pruner` is "mean"'),
        ({"trials": 0}, "`trials` is 0; expected at least 1"),
        ({"keep": 0}, "`keep` is 0"),
        ({"seed": -1}, "`seed` is -1"),
    ],
)
def test_a_bad_plan_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SearchError) as error:
        SearchPlan(**given)
    assert message in str(error.value)


def test_what_the_command_gives_must_not_be_in_the_space() -> None:
    space = space_of("cnn3", {"training": {"batch_size": [4, 8], "epochs": 3}})
    assert space.with_fixed(epochs=3, seed=5).config.seed == 5
    for given in ({"batch_size": 4}, {"epochs": 4}):
        with pytest.raises(RegtrackError, match="the search space has it too"):
            space.with_fixed(**given)


def test_a_recipe_gives_what_the_space_does_not_name() -> None:
    content = {"training": {"batch_size": [4, 8], "warmup": 0.05, "epochs": 3}}
    recipe = TrainingConfig(batch_size=2, warmup=0.3, shift=10_000, epochs=30, averaging=0.99)
    space = space_of("cnn3", content).with_recipe(recipe)
    assert space.searched == space_of("cnn3", content).searched
    _, config = space.trial({"batch_size": 4})
    assert config == TrainingConfig(
        batch_size=4, warmup=0.05, shift=10_000, epochs=3, averaging=0.99
    )
    assert space.with_recipe(recipe) == space
    assert space_of("cnn3", content).with_recipe(TrainingConfig()) == space_of("cnn3", content)


def test_defaults_outside_the_space_are_not_tried_first() -> None:
    inside = {"learning_rate": Range(low=1e-4, high=1e-2, log=True)}
    assert Space("cnn3", inside, {}).defaults == {"learning_rate": 0.001}
    assert Space("cnn3", {**inside, "hidden": Choices((8, 16))}, {}).defaults is None
