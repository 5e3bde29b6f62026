"""Sessions for IGV, with its pitfalls."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from regtrack.errors import TrackError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.tracks.session import SessionTrack, igv_config, igv_session, known_genome

REGION = Interval("chr1", 999_999, 1_025_000)
TRACKS = (
    SessionTrack("cnn7 <CTCF>", "http://h/a.bw?x=1&y=2", "#E69F00", "TF", overlay="CTCF"),
    SessionTrack("dilated CTCF", "http://h/b.bw", "#56b4e9", "TF", overlay="CTCF"),
    SessionTrack("H3K4me3", "http://h/c.bw", "#009E73", "histone"),
    SessionTrack("saliency", "http://h/d.bw", "#000000", letters=True),
)


def test_a_session_of_version_8() -> None:
    root = ElementTree.fromstring(igv_session(TRACKS, "hg38", REGION))
    assert root.tag == "Session"
    assert root.attrib["version"] == "8"
    assert root.attrib["genome"] == "hg38"
    assert root.attrib["locus"] == "chr1:1000000-1025000"
    paths = [resource.attrib["path"] for resource in root.iter("Resource")]
    assert paths == [track.url for track in TRACKS]
    leaves = [t for t in root.iter("Track") if "MergedTracks" not in t.attrib["clazz"]]
    # igv.js drops a track whose id is not the path of a resource
    assert [track.attrib["id"] for track in leaves] == paths
    assert [track.attrib["name"] for track in leaves] == [track.name for track in TRACKS]
    for track in root.iter("Track"):
        assert track.attrib["color"] == track.attrib["altColor"]
    assert leaves[0].attrib["color"] == "230,159,0"
    groups = [track.attrib.get("autoscaleGroup") for track in leaves]
    assert groups == ["1", "1", "2", None]
    assert [track.attrib["renderer"] for track in leaves] == ["BAR_CHART"] * 3 + ["DYNSEQ"]
    assert root.attrib["nextAutoscaleGroup"] == "3"


def test_an_overlay_is_one_track_of_several() -> None:
    root = ElementTree.fromstring(igv_session(TRACKS, "hg38", REGION))
    panel = root.find("Panel")
    assert panel is not None
    top = list(panel)
    assert [len(track) for track in top] == [2, 0, 0]
    assert top[0].attrib["clazz"].endswith("MergedTracks")
    assert top[0].attrib["name"] == "CTCF"


def test_a_configuration_of_igv_js() -> None:
    config = igv_config(TRACKS, {"id": "mine", "fastaURL": "/reference"}, REGION)
    assert json.loads(json.dumps(config)) == config
    assert config["loadDefaultGenomes"] is False
    assert config["locus"] == "chr1:1000000-1025000"
    merged, single, letters = config["tracks"]
    assert merged["type"] == "merged"
    assert [track["url"] for track in merged["tracks"]] == [TRACKS[0].url, TRACKS[1].url]
    assert (single["type"], single["format"]) == ("wig", "bigwig")
    assert single["color"] == single["altColor"] == "rgb(0,158,115)"
    assert single["autoscaleGroup"] == "histone"
    assert letters["graphType"] == "dynseq"
    assert "autoscaleGroup" not in letters


@pytest.mark.parametrize("colour", ["red", "#12345", "#12345g", "", "rgb(0,0,0)"])
def test_a_colour_in_another_format_is_refused(colour: str) -> None:
    with pytest.raises(TrackError, match="expected #rrggbb"):
        SessionTrack("a", "b", colour)


def test_assemblies_are_known_by_chromosome_1() -> None:
    assert known_genome(Assembly(("chr2", "1"), (5, 249_250_621))) == "hg19"
    assert known_genome(Assembly(("chr1",), (10_000_000,))) is None
    assert known_genome(Assembly(("chr2",), (248_956_422,))) is None
