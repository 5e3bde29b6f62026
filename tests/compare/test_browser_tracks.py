"""Sessions of chosen tracks."""

from __future__ import annotations

from xml.etree import ElementTree

from regtrack.compare.browser_tracks import region_session
from regtrack.compare.sources import Sources
from regtrack.genome.interval import Interval

REGION = Interval("chr1", 59_000, 83_000)
IDS = ("cnn7.K562_CTCF", "dilated.K562_CTCF")


def test_a_session_of_chosen_tracks(sources: Sources) -> None:
    text = region_session(
        sources, REGION, [*IDS, "signal"], genome="http://h/genome.fa",
        address=lambda track: f"http://h/data/{track.id}",
    )  # fmt: skip
    tracks = list(ElementTree.fromstring(text).iter("Track"))
    assert [track.attrib["id"] for track in tracks] == [
        f"http://h/data/{track_id}" for track_id in (*IDS, "signal")
    ]
    assert [track.attrib.get("autoscaleGroup") for track in tracks] == ["1", "1", None]
    assert 'genome="http://h/genome.fa"' in text  # since IGV has no name for this assembly
