"""Hubs, read by the parsers of other programs, and 2bit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest
from read_hub import read_hub
from small_tracks import write_bigwig, write_sweep

from regtrack.errors import OutputError, RegtrackError, TrackError
from regtrack.genome import two_bit
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.genome.reference import Reference
from regtrack.hub.check.run import check_hub
from regtrack.hub.publish import HubRequest, write_hub
from regtrack.model_style import style_of
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.read import values

ONES = {"chr2": np.ones(500, np.float32), "chr10": np.ones(900, np.float32)}
MARKERS = ("K562_CTCF", "K562_DNase", "A_1", "A_2", "A_3", "A_4")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Two models of the same markers, a signal, and the reference."""
    tracks = dict.fromkeys(MARKERS, ONES)
    write_sweep(tmp_path / "tracks" / "first run", "cnn7", tracks)
    write_sweep(tmp_path / "tracks" / "second", "dilated", dict.fromkeys(MARKERS[:3], ONES))
    write_bigwig(tmp_path / "tracks" / "my signal (1).bw", ONES)
    random = np.random.default_rng(1)
    letters = {
        name: random.choice(np.frombuffer(b"ACGTN", np.uint8), length, p=[0.2] * 5)
        .tobytes()
        .decode()
        for name, length in (("chr10", 900), ("chr2", 500))
    }
    text = "".join(f">{name}\n{sequence}\n" for name, sequence in letters.items())
    (tmp_path / "r.fa").write_text(text)
    return tmp_path


def made(house: Path, **options: Any) -> Path:
    """A hub of the house's tracks."""
    options = {"paths": [house / "tracks"], "genome": "planted", **options}
    return write_hub(HubRequest(**options))[0]


def test_a_hub_is_read_as_it_was_meant(house: Path) -> None:
    folder = made(house)
    found = read_hub(folder / "hub.txt")
    assert folder == house / "tracks"
    assert found["hub"]["useOneFile"] == "on"
    assert found["genome"]["genome"] == "planted"
    tracks = found["tracks"]
    overlay = tracks["K562_CTCF"]
    assert (overlay["container"], overlay["aggregate"]) == ("multiWig", "transparentOverlay")
    assert overlay["parent"] == "TF_predicted"
    assert tracks["TF_predicted"]["superTrack"] == "on show"
    below = {name: one for name, one in tracks.items() if one.get("parent") == "K562_CTCF"}
    assert {one["shortLabel"] for one in below.values()} == {"CNN7", "DILATED"}
    for one in tracks.values():
        assert len(one["shortLabel"]) <= 17
        assert len(one["longLabel"]) <= 76
        if "bigDataUrl" in one:
            path = folder / unquote(one["bigDataUrl"])
            np.testing.assert_array_equal(values(path, Interval("chr2", 0, 500)), ONES["chr2"])
    light = style_of("dilated").light
    expected = ",".join(str(int(light[at : at + 2], 16)) for at in (1, 3, 5))
    assert (
        next(one for one in below.values() if one["shortLabel"] == "DILATED")["color"] == expected
    )
    # a marker of one model needs no overlay
    assert "container" not in tracks["cnn7_A_2"]
    assert sum("bigDataUrl" in one for one in tracks.values()) == 6 + 3 + 1


def test_the_first_markers_are_visible_or_those_asked_for(house: Path) -> None:
    seen = read_hub(made(house) / "hub.txt")["tracks"]
    shown = {name for name, one in seen.items() if one.get("visibility") == "full"}
    assert shown == {"K562_CTCF", "K562_DNase", "A_1", "cnn7_A_2", "my-signal-1"}
    session = ElementTree.parse(house / "tracks" / "igv-session.xml")
    assert len(session.findall("Resources/Resource")) == 2 + 2 + 2 + 1 + 1
    write_hub(HubRequest(paths=[house / "tracks"], genome="planted", show=["A_*"]), overwrite=True)
    seen = read_hub(house / "tracks" / "hub.txt")["tracks"]
    shown = {name for name, one in seen.items() if one.get("visibility") == "full"}
    assert shown == {"A_1", "cnn7_A_2", "cnn7_A_3", "cnn7_A_4", "my-signal-1"}


def test_sessions_name_files_by_paths_that_survive_a_move(house: Path) -> None:
    moved = made(house).rename(house / "elsewhere")
    session = ElementTree.parse(moved / "igv-session.xml").getroot()
    paths = [one.get("path") for one in session.findall("Resources/Resource")]
    assert all(path and (moved / path).is_file() for path in paths)
    ids = {
        one.get("id")
        for one in session.iter("Track")
        if "MergedTracks" not in str(one.get("clazz"))
    }
    assert ids == set(paths)
    config = json.loads((moved / "igv.json").read_text())
    inner = [one for row in config["tracks"] for one in row.get("tracks", [row])]
    assert all((moved / unquote(one["url"])).is_file() for one in inner)
    assert all(not one["url"].startswith("/") for one in inner)


def test_saliency_is_drawn_as_letters(house: Path) -> None:
    folder = house / "tracks" / "saliency"
    write_sweep(folder, "hybrid", {"K562_CTCF": ONES}, "gradient-x-input of logits")
    tracks = read_hub(made(house) / "hub.txt")["tracks"]
    letters = [one for one in tracks.values() if one.get("logo") == "on"]
    assert [one["parent"] for one in letters] == ["saliency"]
    config = json.loads((house / "tracks" / "igv.json").read_text())
    assert [one["graphType"] for one in config["tracks"] if "graphType" in one] == ["dynseq"]


def test_tracks_of_a_networks_signal_are_there_once_and_visible(house: Path) -> None:
    folder = write_sweep(house / "signal", "own", {"rna": ONES, "atac": ONES}, "signal")
    record = json.loads((folder / "sweep.json").read_text())
    for track in record["tracks"]:
        track["values"] = "signal"
    (folder / "sweep.json").write_text(json.dumps(record))
    tracks = read_hub(made(house, paths=[folder]) / "hub.txt")["tracks"]
    assert [
        (one["bigDataUrl"], one["parent"], one["visibility"])
        for one in tracks.values()
        if "bigDataUrl" in one
    ] == [(f"own.{name}.bw", "other_signals", "full") for name in ("rna", "atac")]
    session = ElementTree.parse(folder / "igv-session.xml")
    assert len(session.findall("Resources/Resource")) == 2
    write_hub(HubRequest(paths=[folder], genome="planted", show=["atac"]), overwrite=True)
    session = ElementTree.parse(folder / "igv-session.xml")
    assert [one.get("path") for one in session.findall("Resources/Resource")] == ["own.atac.bw"]


def test_an_own_assembly_brings_its_sequence(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(two_bit, "_PIECE", 64)  # runs of N cross the pieces
    folder = made(house, reference=house / "r.fa", region="chr10:11-20")
    genome = read_hub(folder / "hub.txt")["genome"]
    assert genome["twoBitPath"] == "genome.2bit"
    assert genome["defaultPos"] == "chr10:11-20"
    found = read_hub(folder / "genome.2bit")
    lines = (house / "r.fa").read_text().splitlines()
    assert found == {"chr10": lines[1], "chr2": lines[3]}
    assert "genome.2bit" in (folder / "igv.json").read_text()


@pytest.mark.parametrize("sequence", ["N", "NNNN", "A", "ACGTN", "NACGT", "ACGTACGTNNNNNNNNA" * 9])
def test_short_sequences_are_written_as_they_are(
    tmp_path: Path, sequence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(two_bit, "_PIECE", 8)
    (tmp_path / "r.fa").write_text(f">one\n{sequence}\n>two\nAC\n")
    with Reference(tmp_path / "r.fa") as reference:
        two_bit.write_two_bit(tmp_path / "r.2bit", reference)
    assert read_hub(tmp_path / "r.2bit") == {"one": sequence, "two": "AC"}


def test_tracks_are_copied_into_a_folder_of_their_own(house: Path) -> None:
    folder = made(house, out=house / "hub", copy=True)
    shutil.rmtree(house / "tracks")
    tracks = read_hub(folder / "hub.txt")["tracks"]
    paths = [folder / unquote(one["bigDataUrl"]) for one in tracks.values() if "bigDataUrl" in one]
    assert len(paths) == len(set(paths)) == 10
    assert all(path.is_file() for path in paths)


def test_a_page_says_how_to_open_it(house: Path) -> None:
    page = (made(house, title="Kidney <1>", url="https://lab.edu/hub/") / "index.html").read_text()
    assert "Kidney &lt;1&gt;" in page
    assert "hgTracks?hubUrl=https://lab.edu/hub/hub.txt&amp;db=planted" in page


@pytest.mark.parametrize(("options", "message"), [
    ({"genome": None}, "name it with `genome`"),
    ({"out": "elsewhere"}, "is not in"),
    ({"copy": True}, "`copy` needs a folder"),
    ({"region": "chr3:1-9"}, "chr3"),
    ({"show": ["nothing"]}, "nothing"),
    ({"reference": "other.fa"}, "is not the reference of the tracks"),
    ({"email": "x\ntrack evil"}, r'`email` is "x\\ntrack evil"; expected one line'),
    ({"title": "a\x1b[2J"}, r'`title` is "a\\x1b\[2J"; expected one line'),
    ({"genome": "hg38\rtrack evil"}, "`genome` is .*; expected one line"),
    ({"genome": "my genome"}, '`genome` is "my genome"; expected UCSC\'s name'),
    ({"genome": ""}, '`genome` is ""; expected one line'),
    ({"url": "not a url"}, '`url` is "not a url"; expected the folder\'s address, as https://'),
    ({"url": "lab.edu/hub"}, "expected the folder's address"),
    ({"url": "file:///srv/hub"}, "expected the folder's address"),
    ({"url": "https://"}, "expected the folder's address"),
    ({"url": "https://lab.edu/hub?x=1"}, "expected the folder's address"),
])  # fmt: skip
def test_what_cannot_be_a_hub_is_refused_before_anything_is_written(
    house: Path, options: dict[str, Any], message: str
) -> None:
    (house / "other.fa").write_text(">chr2\nACGT\n")
    for name in ("out", "reference"):
        if name in options:
            options = {**options, name: house / options[name]}
    before = {path for path in house.rglob("*") if path.suffix not in (".fai",)}
    with pytest.raises(RegtrackError, match=message):
        made(house, **options)
    assert {path for path in house.rglob("*") if path.suffix not in (".fai",)} == before


@pytest.mark.parametrize(
    ("length", "genome", "said"),
    [
        (
            248_956_422,
            "mm10",
            "has 248,956,422 bp in the tracks and 195,471,971 bp in mm10; they are",
        ),
        (195_471_971, "hg38", "they are those of mm10; name the tracks' own assembly"),
        (248_956_423, "hg38", "248,956,423 bp in the tracks and 248,956,422 bp in hg38; name the"),
    ],
)
def test_a_genome_that_is_not_that_of_the_tracks_is_refused(
    tmp_path: Path, length: int, genome: str, said: str
) -> None:
    with create_bigwig(tmp_path / "a.bw", Assembly(("chr1",), (length,))) as file:
        file.write("chr1", 0, np.ones(9, np.float32))
    with pytest.raises(TrackError, match=said):
        write_hub(HubRequest(paths=[tmp_path / "a.bw"], genome=genome))


def test_a_part_of_a_genome_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_bigwig(tmp_path / "a.bw", {"chr1": np.ones(50, np.float32)})
    write_hub(HubRequest(paths=[tmp_path / "a.bw"], genome="hg38"))
    assert "chr1 has 50 bp in the tracks and 248,956,422 bp in hg38" in caplog.text


def test_an_assembly_without_a_sequence_is_told_of(
    house: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = made(house)
    assert "right if UCSC has an assembly that it calls planted; otherwise give its FASTA" in (
        caplog.text
    )
    report = check_hub(str(folder))
    assert (report.works, report.assumed) == (True, ["planted"])
    assert "works, if UCSC has planted" in report.text()
    caplog.clear()
    made(house, reference=house / "r.fa", out=house / "hub", copy=True)
    assert "UCSC" not in caplog.text
    report = check_hub(str(house / "hub"))
    assert (report.works, report.assumed) == (True, [])
    assert report.text().endswith("works")
    write_bigwig(house / "hg" / "a.bw", {"chr1": np.ones(50, np.float32)})
    made(house, paths=[house / "hg"], genome="hg38")
    assert "brings no sequence" not in caplog.text


def test_a_hub_is_not_written_where_links_lead(house: Path) -> None:
    (house / "links").mkdir()
    for track in (house / "tracks").rglob("*.bw"):
        (house / "links" / track.name).symlink_to(track)
    with pytest.raises(TrackError, match=r"a link leads to .* name that folder instead"):
        made(house, paths=[house / "links"])
    assert not list(house.rglob("hub.txt"))
    (house / "all").symlink_to(house / "tracks")  # a folder that was named itself
    assert made(house, paths=[house / "all"]) == house / "tracks"


def test_files_of_any_name_make_no_line_of_their_own(house: Path) -> None:
    write_bigwig(house / "tracks" / "a\ntrack evil\x01.bw", ONES)
    folder = made(house)
    lines = (folder / "hub.txt").read_text().splitlines()
    assert "track evil" not in [line.strip() for line in lines]
    session = ElementTree.parse(folder / "igv-session.xml")  # \x01 is not XML
    assert len(session.findall("Resources/Resource")) == 2 + 2 + 2 + 1 + 2


def test_an_earlier_hub_is_replaced_only_when_asked(house: Path) -> None:
    made(house)
    with pytest.raises(OutputError, match="exists"):
        made(house)
    write_hub(HubRequest(paths=[house / "tracks"], genome="planted", title="new"), overwrite=True)
    assert "shortLabel new" in (house / "tracks" / "hub.txt").read_text()
