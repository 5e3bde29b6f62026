"""Names, colours and dashes of models: they belong to the network, whatever else is shown."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from regtrack.model_style import TITLES, ModelStyle, Run, style_of, styles_of
from regtrack.models.dilated import POOLINGS
from regtrack.models.registry import DENSE, MODELS

NETWORKS = [Run(name) for name in DENSE]
POOLED = [Run("dilated", {"pooling": pooling}) for pooling in POOLINGS]


def looks(styles: tuple[ModelStyle, ...]) -> set[tuple[str, str, tuple[float, ...]]]:
    return {(style.light, style.dark, style.dashes) for style in styles}


def luminance(colour: str) -> float:
    """As WCAG 2.1 computes it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_network_of_the_registry_has_a_title() -> None:
    assert list(TITLES) == list(MODELS)


def test_titles_are_the_papers_and_ours_comes_last() -> None:
    papers = ["CNN1", "CNN3", "CNN7", "ID-CNN", "DILATED", "BI-LSTM"]
    short = ["CNN3 (DeepSEA)", "BI-LSTM (DanQ)", "DILATED6"]
    assert list(TITLES.values()) == [*papers, "HYBRID", *short]


def test_networks_differ_in_colour_and_in_dashes() -> None:
    styles = styles_of([*NETWORKS[:4], *NETWORKS[5:], *POOLED])
    assert len({style.light for style in styles}) == 9
    assert len({style.dark for style in styles}) == 9
    assert len({style.dashes for style in styles}) == 9
    assert [style.title for style in styles[-3:]] == [
        "DILATED",
        "DILATED, max pooling",
        "DILATED, dilated pooling",
    ]


@pytest.mark.parametrize("beside", [[], [Run("cnn7"), Run("toy")], [*NETWORKS, *POOLED[1:]]])
def test_a_network_looks_the_same_whatever_else_is_shown(beside: list[Run]) -> None:
    for run in (*NETWORKS, *POOLED):
        alone = style_of(run.network, run.settings)
        others = [one for one in beside if one.network != run.network]
        for order in ([run, *others], [*others, run]):
            assert styles_of(order)[order.index(run)] == alone


def test_runs_of_one_network_are_told_apart_by_folder_in_any_order() -> None:
    runs = [Run("dilated", folder=Path("a") / name) for name in ("later", "first", "other")]
    expected = dict(zip(("later", "first", "other"), styles_of(runs), strict=True))
    assert [style.id for style in expected.values()] == ["later", "first", "other"]
    assert expected["first"].title == "DILATED (first)"
    assert len(looks(tuple(expected.values()))) == 3
    assert len({style.light for style in expected.values()}) == 3
    assert len({style.dashes for style in expected.values()}) == 3
    plain = style_of("dilated")
    assert (expected["first"].light, expected["first"].dashes) == (plain.light, plain.dashes)
    for order in permutations(runs):
        for run, style in zip(order, styles_of(order), strict=True):
            assert run.folder is not None
            assert style == expected[run.folder.name]


def test_as_much_of_the_folder_is_told_as_it_takes() -> None:
    folders = [Path("/runs/one/tracks"), Path("/runs/two/tracks"), Path("/runs/two/cnn7")]
    networks = ["cnn3", "cnn3", "cnn7"]
    styles = styles_of([Run(n, folder=f) for n, f in zip(networks, folders, strict=True)])
    assert [style.title for style in styles] == ["CNN3 (one/tracks)", "CNN3 (two/tracks)", "CNN7"]
    assert [style.id for style in styles] == ["one/tracks", "two/tracks", "cnn7"]


def test_runs_that_pool_differently_have_titles_without_a_folder() -> None:
    runs = [Run("dilated", {"pooling": p}, Path(p)) for p in ("max", "none")]
    assert [style.title for style in styles_of(runs)] == ["DILATED, max pooling", "DILATED"]
    assert [style.id for style in styles_of(runs)] == ["max", "none"]


def test_no_two_ids_are_the_same() -> None:
    runs = [Run("cnn7"), Run("cnn3", folder=Path("cnn7")), Run("cnn3", folder=Path("x"))]
    assert [style.id for style in styles_of(runs)] == ["cnn7", "cnn7-2", "x"]


def test_other_networks_get_what_is_left_over() -> None:
    known = looks(styles_of([*NETWORKS, *POOLED[1:]]))
    strangers = styles_of([Run(name) for name in ("enformer", "borzoi", "toy", "mine", "other")])
    assert not {light for light, _, _ in known} & {style.light for style in strangers}
    assert len(looks(strangers)) == 5
    assert strangers[2].title == strangers[2].id == "toy"
    # the same in every process: Python's own hash of a text is not
    assert style_of("toy").light == "#3a8fbf"


def test_many_runs_of_one_network_stay_apart_as_long_as_there_are_looks() -> None:
    runs = [Run("cnn7", folder=Path(str(number))) for number in range(24)]
    styles = styles_of(runs)
    assert len(looks(styles)) == 24
    assert len({style.title for style in styles}) == 24
    assert len(styles_of([*runs, *(Run("cnn7", folder=Path(f"x{n}")) for n in range(9))])) == 33


@pytest.mark.parametrize(
    "run", [*NETWORKS, *POOLED, Run("toy"), Run("mine")], ids=lambda r: r.title
)
def test_every_shade_stands_out_on_its_ground(run: Run) -> None:
    runs = [Run(run.network, run.settings, Path(str(number))) for number in range(3)]
    for style in styles_of(runs):
        assert 1.05 / (luminance(style.light) + 0.05) >= 3
        assert (luminance(style.dark) + 0.05) / (luminance("#151a21") + 0.05) >= 3


def test_dashes_in_pixels_are_what_plotly_reads() -> None:
    assert style_of("dilated").dash == "solid"
    assert style_of("cnn7").dash == "6px,2px"
    assert style_of("bi-lstm").pixels == (2, 2)


def test_networks_differ_in_grey() -> None:
    """By marks on their lines, one of which has none and is the widest."""
    names = ("cnn1", "cnn3", "cnn7", "id-cnn", "dilated", "bi-lstm", "hybrid")
    styles = styles_of([Run(name) for name in names])
    assert len({style.symbol for style in styles}) == len(names)
    plain = [style for style in styles if not style.symbol]
    assert [style.id for style in plain] == ["dilated"]
    assert plain[0].weight == max(style.weight for style in styles)
