"""`regtrack figure` from the outside."""

from __future__ import annotations

import json
import re
import shlex
from html import unescape
from pathlib import Path

import pytest
from PIL import Image
from small_world import World

from regtrack.cli import main


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object
) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["regtrack", "figure", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    return int(ended.value.code or 0), shown.out, shown.err


def test_a_figure_holds_the_command_that_makes_it_again(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    words = [
        f"my CNN={world.folder / 'sweeps' / 'cnn7'}", world.folder / "sweeps" / "dilated",
        "--region", "chr1:20,001-30,000", "--labels", world.folder / "data", "--genes",
        world.folder / "genes.gtf", "--width", "single", "--title", "it's <a> title",
    ]  # fmt: skip
    code, out, _ = run(capsys, monkeypatch, *words, "--out", "a.svg", "--out", "a.png", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["files"] == ["a.svg", "a.png"]
    assert (told["width_mm"], told["rows"]) == (89.0, 7)
    svg = Path("a.svg").read_text()
    assert "my CNN" in svg
    with Image.open("a.png") as image:
        assert image.text["Description"].startswith("regtrack figure 'my CNN=")
    (about,) = re.findall(r"<dc:description>(.*?)</dc:description>", svg)
    command = shlex.split(unescape(about).replace("a.svg", "b.svg").replace("a.png", "b.png"))
    assert command[:2] == ["regtrack", "figure"]
    assert run(capsys, monkeypatch, *command[2:])[0] == 0
    again = Path("b.svg").read_text()
    assert again.replace("b.svg", "a.svg").replace("b.png", "a.png") == svg


def test_the_size_is_said_and_nothing_is_replaced(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    out = tmp_path / "a.pdf"
    words = (world.folder / "sweeps", "--region", "chr1:1-1000", "--out", out, "--row-height", "70")
    code, text, _ = run(capsys, monkeypatch, *words)
    assert code == 0
    assert re.search(r"chr1:1-1,000: 183 x [\d.]+ mm; a page is 247 mm high at most", text)
    code, _, error = run(capsys, monkeypatch, *words)
    assert code == 2
    assert "exists already" in error
    assert "--overwrite" in error


def test_highlights_outside_of_the_region_are_named(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    marks = ["chr2:1-5", "chr1:900-2000", "chr1:1,001-1,050", "chr1:5-9"]
    given = [word for mark in marks for word in ("--highlight", mark)]
    code, _, err = run(
        capsys, monkeypatch, world.folder / "sweeps", "--region", "chr1:1-1000", *given,
        "--out", tmp_path / "a.svg",
    )  # fmt: skip
    assert code == 0
    assert "note: not highlighted, outside of chr1:1-1,000: chr2:1-5, chr1:1,001-1,050\n" in err


def test_a_mistake_is_one_line_that_names_the_option(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for words, message in {
        ("--out", "a.gif"): "not a figure format; expected .png, .pdf or .svg",
        ("--out", "a.png", "--scale", "x"): "is no --scale; expected marker",
        ("--out", "a.png", "--difference", "x"): "no --difference; expected models or labels",
        ("--out", "a.png", "--markers", " , "): "--markers is empty",
        ("--out", "a.png", "--highlight", "chr1:9-2"): "starts after its end",
    }.items():
        code, out, error = run(
            capsys, monkeypatch, world.folder / "sweeps", "--region", "chr1:1-1000", *words
        )
        assert (code, out) == (2, "")
        assert message in " ".join(error.split())
    assert not list(tmp_path.iterdir())
