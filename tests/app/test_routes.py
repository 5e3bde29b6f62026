"""What is fetched in addition to the page: by ids of the catalog, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from flask.testing import FlaskClient
from regtrack_app.create_app import create_app
from regtrack_app.references import letters_in_browsers, reference_files
from small_world import World

from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources

LOCAL: dict[str, Any] = {"base_url": "http://127.0.0.1:8050", "buffered": True}
VIEW = "?region=chr1:100,001-100,200&markers=K562_CTCF&models=cnn7,dilated&tracks=signal"


@pytest.fixture
def client(sources: Sources) -> Iterator[FlaskClient]:
    with create_app(sources).server.test_client() as client:
        yield client


def test_values_are_exported_as_they_are(client: FlaskClient, world: World) -> None:
    answer = client.get(f"/export/window.csv{VIEW}", **LOCAL)
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="regtrack_chr1_100001-100200.csv"'
    )
    lines = answer.get_data(as_text=True).splitlines()
    assert lines[0] == "chrom,start,end,cnn7.K562_CTCF,dilated.K562_CTCF,signal,label.K562_CTCF"
    values = np.array([line.split(",")[3] for line in lines[1:]], dtype=np.float32)
    truth = world.scores["cnn7"]["K562_CTCF"]["chr1"][100_000:100_200]
    np.testing.assert_array_equal(values, truth)


def test_bed_and_session_name_the_tracks_of_the_view(client: FlaskClient) -> None:
    bed = client.get(f"/export/window.bed{VIEW}", **LOCAL).get_data(as_text=True)
    assert bed.count("track type=bedGraph") == 3
    session = client.get(f"/export/session.xml{VIEW}", **LOCAL).get_data(as_text=True)
    paths = [resource.get("path") for resource in ElementTree.fromstring(session).iter("Resource")]
    assert paths == [
        f"http://127.0.0.1:8050/data/{name}"
        for name in ("cnn7.K562_CTCF", "dilated.K562_CTCF", "signal")
    ]


def test_every_labelled_marker_of_the_view_is_exported(client: FlaskClient) -> None:
    query = VIEW.replace("K562_CTCF", "K562_DNase,K562_CTCF")
    csv = client.get(f"/export/window.csv{query}", **LOCAL).get_data(as_text=True)
    assert csv.splitlines()[0].endswith(",label.K562_DNase,label.K562_CTCF")
    bed = client.get(f"/export/window.bed{query}", **LOCAL).get_data(as_text=True)
    assert [line for line in bed.splitlines() if line.endswith('labels"')] == [
        'track name="K562_DNase labels"',
        'track name="K562_CTCF labels"',
    ]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("window.csv", "regtrack_chr2_1-130013.csv"),
        ("window.bed", "regtrack_chr2_1-130013.bed"),
        ("session.xml", "regtrack_chr2_1-130013_session.xml"),
    ],
)
def test_a_file_is_named_after_its_region(client: FlaskClient, name: str, file: str) -> None:
    answer = client.get(f"/export/{name}?region=chr2&markers=K562_CTCF&models=cnn7", **LOCAL)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{file}"'


def test_a_whole_chromosome_is_sent_as_it_is_read(client: FlaskClient, world: World) -> None:
    query = "?region=chr1&markers=K562_CTCF&models=cnn7"
    answer = client.get(f"/export/window.csv{query}", base_url="http://127.0.0.1:8050")
    assert "Content-Length" not in answer.headers
    lines = b"".join(answer.response).decode().splitlines()
    answer.close()
    values = world.scores["cnn7"]["K562_CTCF"]["chr1"]
    assert lines[-1].split(",")[:3] == ["chr1", lines[-1].split(",")[1], str(len(values))]
    starts = np.array([int(line.split(",")[1]) for line in lines[1:]])
    ends = np.array([int(line.split(",")[2]) for line in lines[1:]])
    np.testing.assert_array_equal(starts[1:], ends[:-1])
    found = np.array([line.split(",")[3] or "nan" for line in lines[1:]], dtype=np.float32)
    np.testing.assert_array_equal(np.repeat(found, ends - starts), values)


def test_a_check_says_whether_a_file_can_be_had(client: FlaskClient) -> None:
    answer = client.get(f"/export/window.csv{VIEW}&check=yes", **LOCAL)
    assert (answer.status_code, answer.data) == (204, b"")
    for _ in range(20):  # what is checked is not being sent
        client.get(f"/export/window.bed{VIEW}&check=yes", **LOCAL)
    wrong = client.get("/export/window.csv?markers=K562_CTFC&check=yes", **LOCAL)
    assert wrong.status_code == 400
    assert "Did you mean" in wrong.get_data(as_text=True)


def test_few_exports_are_sent_at_once(client: FlaskClient) -> None:
    running = [
        client.get(f"/export/window.csv{VIEW}", base_url=LOCAL["base_url"]) for _ in range(4)
    ]
    refused = client.get(f"/export/window.csv{VIEW}", **LOCAL)
    assert refused.status_code == 400
    assert "try again later" in refused.get_data(as_text=True)
    for answer in running:
        answer.close()
    assert client.get(f"/export/window.csv{VIEW}", **LOCAL).status_code == 200


@pytest.mark.parametrize("path", ["/export/window.csv", "/export/session.xml", "/igv/config.json"])
@pytest.mark.parametrize(
    ("query", "message"),
    [("region=chr9:1-100", 'chromosome "chr9"'), ("markers=K562_CTFC", "Did you mean")],
)
def test_nothing_is_taken_away_of_another_view(
    client: FlaskClient, path: str, query: str, message: str
) -> None:
    answer = client.get(f"{path}?{query}", **LOCAL)
    assert answer.status_code == 400
    assert message in answer.get_data(as_text=True)


def test_no_path_of_the_server_is_told(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy = tmp_path / "signal.bw"
    copy.write_bytes((world.folder / "signal.bw").read_bytes())
    client = create_app(open_sources([copy])).server.test_client()
    copy.unlink()
    answer = client.get("/export/window.csv?region=chr1:1-100&tracks=signal", **LOCAL)
    assert answer.status_code == 400
    assert answer.get_data(as_text=True).startswith("signal can no longer be read")
    assert str(copy) in caplog.text


def test_what_cannot_be_had_is_refused_in_one_line(client: FlaskClient) -> None:
    answer = client.get("/export/window.csv?region=chr1&markers=K562_CTFC", **LOCAL)
    assert answer.status_code == 400
    assert answer.get_data(as_text=True).count("\n") == 1
    assert answer.mimetype == "text/plain"


def test_a_track_is_served_in_parts(client: FlaskClient, world: World) -> None:
    whole = (world.folder / "signal.bw").read_bytes()
    answer = client.get("/data/signal", headers={"Range": "bytes=10-29"}, **LOCAL)
    assert answer.status_code == 206
    assert answer.data == whole[10:30]
    assert answer.headers["Content-Range"] == f"bytes 10-29/{len(whole)}"
    assert client.get("/data/signal", **LOCAL).data == whole
    past = client.get("/data/signal", headers={"Range": f"bytes={len(whole) + 5}-"}, **LOCAL)
    assert past.status_code == 416


@pytest.mark.parametrize(
    "path",
    ["/data/nothing", "/data/../signal", "/data/..%2f..%2fetc%2fpasswd", "/data//etc/passwd",
     "/data/signal.bw", "/data/%00", "/export/window.exe", "/export/..%2fids.py",
     "/sequence/genome.fa.gzi", "/sequence/..%2f..%2fdata%2fdataset.json", "/igv/package.json"],
)  # fmt: skip
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(path, **LOCAL).status_code in {400, 404}


def test_a_removed_track_is_not_found(world: World, tmp_path: Path) -> None:
    copy = tmp_path / "signal.bw"
    copy.write_bytes((world.folder / "signal.bw").read_bytes())
    client = create_app(open_sources([copy])).server.test_client()
    copy.unlink()
    assert client.get("/data/signal", **LOCAL).status_code == 404


def test_igv_is_told_of_the_view(client: FlaskClient) -> None:
    config = client.get(f"/igv/config.json{VIEW}", **LOCAL).get_json()
    assert config["locus"] == "chr1:100001-100200"
    assert config["loadDefaultGenomes"] is False
    urls = [track["url"] for track in config["tracks"] if "url" in track]
    assert urls == ["/data/cnn7.K562_CTCF", "/data/dilated.K562_CTCF", "/data/signal"]
    groups = [track.get("autoscaleGroup") for track in config["tracks"]]
    assert groups[0] == groups[1]
    assert config["reference"]["format"] == "chromsizes"
    sizes = client.get(config["reference"]["fastaURL"], **LOCAL).get_data(as_text=True)
    assert sizes == "chr1\t310000\nchr2\t130013\n"


@pytest.mark.parametrize(
    ("file", "endings", "served"),
    [
        ("genome.fa", (), []),
        ("genome.fa", (".fai",), ["genome.fa", "genome.fa.fai"]),
        ("g.fasta.gz", (".fai",), []),
        ("g.fasta.gz", (".fai", ".gzi"), ["genome.fa.gz", "genome.fa.gz.fai", "genome.fa.gz.gzi"]),
    ],
)
def test_a_reference_is_served_with_its_indexes(
    sources: Sources, tmp_path: Path, file: str, endings: tuple[str, ...], served: list[str]
) -> None:
    for ending in ("", *endings):
        (tmp_path / f"{file}{ending}").write_text(f">chr1{ending}")
    sources = replace(sources, reference=tmp_path / file)
    assert list(reference_files(sources)) == served
    says = letters_in_browsers(sources)
    missing = {".fai"} - set(endings) or {".gzi"} - set(endings)
    assert (says == "") == bool(served)
    assert served or all(f"{file}{ending}" in says for ending in missing)
    client = create_app(sources).server.test_client()
    session = client.get(f"/export/session.xml{VIEW}", **LOCAL).get_data(as_text=True)
    assert str(tmp_path) not in session
    genome = ElementTree.fromstring(session).attrib["genome"]
    name = served[0] if served else "genome.chrom.sizes"
    assert genome == f"http://127.0.0.1:8050/sequence/{name}"
    config = client.get(f"/igv/config.json{VIEW}", **LOCAL).get_json()["reference"]
    assert config["fastaURL"] == f"/sequence/{name}"
    assert ("compressedIndexURL" in config) == (len(served) == 3)
    for name, ending in zip(served, ("", *endings), strict=True) if served else ():
        part = client.get(f"/sequence/{name}", headers={"Range": "bytes=1-8"}, **LOCAL)
        assert (part.status_code, part.get_data(as_text=True)) == (206, f"chr1{ending}")
