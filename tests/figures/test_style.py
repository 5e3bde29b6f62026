"""Saving a figure: by suffix, only on success, byte-identical, and text that stays text."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from PIL import Image

from regtrack.errors import OutputError
from regtrack.figures.style import FORMATS, save_figure, style
from regtrack.model_style import OKABE_ITO

STARTS = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}


def drawn() -> Figure:
    with style():
        figure = Figure(figsize=(2, 1))
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1])
        axes.set_title("Position on chr1 (bp)")
    return figure


@pytest.mark.parametrize("kind", FORMATS)
def test_the_suffix_decides_the_format(kind: str, tmp_path: Path) -> None:
    save_figure(drawn(), tmp_path / f"a.{kind}")
    save_figure(drawn(), tmp_path / f"b.{kind.upper()}")
    first = (tmp_path / f"a.{kind}").read_bytes()
    assert first.startswith(STARTS[kind])
    assert first == (tmp_path / f"b.{kind.upper()}").read_bytes()


def test_text_is_text(tmp_path: Path) -> None:
    save_figure(drawn(), tmp_path / "a.svg")
    assert ">Position on chr1 (bp)</text>" in (tmp_path / "a.svg").read_text()
    save_figure(drawn(), tmp_path / "a.pdf")
    raw = (tmp_path / "a.pdf").read_bytes()
    assert b"/CIDFontType2" in raw  # TrueType; matplotlib's own choice would be /Type3
    assert b"/Type3" not in raw


@pytest.mark.parametrize(("heat", "mode"), [(False, "P"), (True, "RGB")])
def test_a_heat_map_keeps_its_colours(heat: bool, mode: str, tmp_path: Path) -> None:
    figure = drawn()
    if heat:
        figure.axes[0].pcolormesh([[0, 1], [2, 3]])
    save_figure(figure, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == mode


def test_another_suffix_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"expected \.png, \.pdf or \.svg") as caught:
        save_figure(drawn(), tmp_path / "a.pngg")
    assert 'Did you mean "png"?' in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_kept_unless_overwrite_is_set(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        save_figure(drawn(), path)
    assert path.read_text() == "mine"
    save_figure(drawn(), path, overwrite=True)
    assert path.read_bytes().startswith(STARTS["png"])


def test_the_callers_settings_come_back() -> None:
    with mpl.rc_context({"font.size": 23}):
        with style():
            assert mpl.rcParams["font.size"] != 23
        assert mpl.rcParams["font.size"] == 23


def test_colours_are_eight_and_differ() -> None:
    assert len(set(OKABE_ITO.values())) == len(OKABE_ITO) == 8


@pytest.mark.parametrize("dpi", [-5, 0, 9, 2_401, 1_000_000])
def test_a_resolution_that_no_printer_has_is_refused(dpi: int, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=f"`dpi` is {dpi:,}; expected 10 to 2,400"):
        save_figure(Figure(), tmp_path / "a.png", dpi=dpi)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("size", "dots"), [((40, 1), "80,000 x 2,000"), ((15, 15), "30,000 x 30")])
def test_a_png_of_too_many_dots_is_refused(
    size: tuple[int, int], dots: str, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match=f"a PNG of {dots}.*; choose a lower `dpi` than 2,000"):
        save_figure(Figure(figsize=size), tmp_path / "a.png", dpi=2_000)
