"""Hubs checked as browsers read them, on a server that breaks one rule at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hub_server import HubServer, serve_hub
from small_tracks import write_bigwig, write_sweep

from regtrack.cli import main
from regtrack.hub.check.run import HubReport, check_hub
from regtrack.hub.check.stanzas import parse_stanzas, track_problems
from regtrack.hub.publish import HubRequest, write_hub

ONES = {"chr1": np.ones(700, np.float32), "chr2": np.ones(500, np.float32)}
TRACK = "tracks/cnn7.K562_CTCF.bw"

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assembly hub with labels."""
    folder = tmp_path_factory.mktemp("hub")
    write_sweep(folder / "tracks", "cnn7", {"K562_CTCF": ONES, "A_1": ONES})
    (folder / "r.fa").write_text(f">chr1\n{'ACGTN' * 140}\n>chr2\n{'A' * 500}\n")
    (folder / "ctcf.bed").write_text("chr1\t5\t60\n")
    request = HubRequest(
        paths=[folder / "tracks"], out=folder, genome="planted", reference=folder / "r.fa",
        labels=folder / "ctcf.bed",
    )  # fmt: skip
    write_hub(request)
    return folder


@pytest.fixture
def server(made: Path) -> Iterator[HubServer]:
    with serve_hub(made) as server:
        yield server


def problems(report: HubReport) -> list[str]:
    return [f"{where}: {one}" for where, one in report.problems]


def test_a_hub_that_works_has_no_problem(server: HubServer, made: Path) -> None:
    for address in (server.address, f"{server.address}/", f"{server.address}/hub.txt"):
        report = check_hub(address)
        assert problems(report) == []
        assert (report.tracks, report.files) == (4, 5)  # two tracks, their labels, and the 2bit
    for path in (made, made / "hub.txt"):
        report = check_hub(str(path))
        assert problems(report) == []
        assert (report.tracks, report.files) == (4, 5)


@pytest.mark.parametrize(
    ("path", "fault", "expected"),
    [
        ("", "no ranges", f"{TRACK}: the server answers no range requests"),
        ("", "no cors", f"{TRACK}: the header Access-Control-Allow-Origin is missing"),
        ("", "no preflight", "hub.txt: the server answers OPTIONS with 501"),
        ("hub.txt", "html", "/hub.txt: answers an HTML page, not a hub"),
        ("hub.txt", "login", "/hub.txt: answers an HTML page, not a hub"),
        ("hub.txt", "404", "/hub.txt: the server answers 404 Not Found"),
        (TRACK, "html", f"{TRACK}: is an HTML page; expected a bigWig"),
        (TRACK, "404", f"{TRACK}: the server answers 404 Not Found"),
        (TRACK, "401", f"{TRACK}: the server answers 401: readers need a password"),
        (TRACK, "gzip", f"{TRACK}: the server compresses it (br)"),
        (TRACK, "short", f"{TRACK}: the server sent "),
        ("genome.2bit", "html", "genome.2bit: is an HTML page; expected a 2bit file"),
        ("hub-items/labels_A_1.bb", "503", "hub-items/labels_A_1.bb: the server answers 503"),
    ],
)
def test_each_broken_rule_is_named(server: HubServer, path: str, fault: str, expected: str) -> None:
    server.faults = {path: fault}
    found = problems(check_hub(server.address))
    assert any(expected in one for one in found), found
    assert all("\n" not in one for one in found)


def test_redirects_are_followed_and_judged(server: HubServer, made: Path) -> None:
    with serve_hub(made) as other:
        server.faults = {TRACK: f"to {other.address}/{TRACK}"}
        (found,) = problems(check_hub(server.address))
    assert found.startswith(f"{TRACK}: is redirected to http://127.0.0.1:")
    assert "without CORS headers" in found
    server.faults = {TRACK: "to /tracks/cnn7.A_1.bw"}
    (found,) = problems(check_hub(server.address))
    assert "without CORS headers" in found
    server.faults = {TRACK: "login"}
    found = "\n".join(problems(check_hub(server.address)))
    assert "is an HTML page" in found


def test_a_server_that_is_not_there_is_a_problem(server: HubServer) -> None:
    (found,) = problems(check_hub("http://127.0.0.1:9/hub.txt"))
    assert found == "http://127.0.0.1:9/hub.txt: cannot be reached (ConnectionError)"


def changed(made: Path, folder: Path, old: str, new: str) -> Path:
    """A copy of the hub with another hub.txt."""
    text = (made / "hub.txt").read_text()
    assert old in text
    folder.mkdir(exist_ok=True)
    for path in sorted(made.rglob("*")):
        to = folder / path.relative_to(made)
        if path.is_dir():
            to.mkdir(parents=True, exist_ok=True)
        elif path.name != "hub.txt":
            to.hardlink_to(path)
    (folder / "hub.txt").write_text(text.replace(old, new))
    return folder


def test_names_in_another_case_are_told_apart(made: Path, tmp_path: Path) -> None:
    folder = changed(made, tmp_path, "cnn7.K562_CTCF.bw", "CNN7.k562_ctcf.BW")
    (found,) = problems(check_hub(str(folder)))
    assert 'is named "cnn7.K562_CTCF.bw" there; servers tell upper and lower case apart' in found
    folder = changed(made, tmp_path / "b", "cnn7.A_1.bw", "CNN7.A_1.BW")
    (folder / "tracks" / "cnn7.a_1.bw").hardlink_to(made / "tracks" / "cnn7.A_1.bw")
    with serve_hub(folder) as server:
        (found,) = problems(check_hub(server.address))
    assert found.endswith('there is "cnn7.a_1.bw", and servers tell upper and lower case apart')


def test_a_page_for_any_name_is_no_file_in_another_case(server: HubServer) -> None:
    server.faults = {TRACK: "html", TRACK.lower(): "html"}
    (found,) = problems(check_hub(server.address))
    assert found == f"{TRACK}: is an HTML page; expected a bigWig"


def test_chromosomes_are_compared_with_the_assembly(made: Path, tmp_path: Path) -> None:
    other = {"chr1": np.ones(701, np.float32), "chrX": np.ones(5, np.float32)}
    folder = changed(made, tmp_path, "cnn7.A_1.bw", "other.bw")
    write_bigwig(folder / "tracks" / "other.bw", other)
    (found,) = problems(check_hub(str(folder)))
    assert found == (
        "tracks/other.bw: has chromosomes that are not those of the hub's 2bit: "
        "chr1 of 701 bp (there 700), chrX of 5 bp (not there)"
    )
    text = (made / "hub.txt").read_text().replace("genome planted\ntwoBitPath genome.2bit",
                                                  "genome hg38")  # fmt: skip
    (folder / "hub.txt").write_text(text)
    found = problems(check_hub(str(folder)))
    assert len(found) == 4
    assert "has chr1 of 700 bp; that of hg38 has 248,956,422 bp" in found[0]


def test_a_truncated_file_is_found_by_its_end(made: Path, tmp_path: Path) -> None:
    folder = changed(made, tmp_path, "cnn7.A_1.bw", "cut.bw")
    content = (made / "tracks" / "cnn7.A_1.bw").read_bytes()
    (folder / "tracks" / "cut.bw").write_bytes(content[:-9])
    (found,) = problems(check_hub(str(folder)))
    assert found == ("tracks/cut.bw: does not end as it began: it was not uploaded completely")
    (folder / "tracks" / "cut.bw").write_bytes(content[:180])
    assert "truncated?" in problems(check_hub(str(folder)))[0]


def test_a_hub_of_three_files_is_checked_too(made: Path, tmp_path: Path) -> None:
    folder = changed(made, tmp_path, "useOneFile on", "genomesFile genomes.txt")
    head, genome, tracks = (folder / "hub.txt").read_text().split("\n\n", 2)
    (folder / "hub.txt").write_text(head)
    (folder / "genomes.txt").write_text(f"{genome}\ntrackDb trackDb.txt\n")
    (folder / "trackDb.txt").write_text(tracks)
    report = check_hub(str(folder))
    assert (problems(report), report.files) == ([], 5)
    (folder / "trackDb.txt").unlink()
    assert problems(check_hub(str(folder))) == [
        "trackDb.txt: cannot be read (No such file or directory)"
    ]


def test_settings_that_ucsc_refuses_are_named() -> None:
    text = (
        "# a comment\ntrack a b\ntype bigWig\nbigDataUrl x.bw\nshortLabel s\nlongLabel l\n\n"
        "track One\nparent none on\nshortLabel this label is too long\nlongLabel \\\nl\n"
        "bigDataUrl x.bw\n\ntrack one\nshortLabel s\nlongLabel l\n"
    )
    assert list(track_problems(parse_stanzas(text))) == [
        'line 2: track "a b": expected a letter, then letters, digits, _ and -',
        'line 8: track "One": its parent "none" is not in the hub',
        'line 8: track "One": shortLabel has 22 characters; UCSC shows at most 17',
        'line 8: track "One": no type, which UCSC requires',
        'line 15: track "one": its name is that of "One"; names must differ, also in lower case',
        'line 15: track "one": no bigDataUrl',
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("\0\1\2", "expected a hub, which is text"),
        ("track a\n", "begins with track; expected hub NAME"),
        ("hub a\nshortLabel a\nlongLabel a\n", "no email, which UCSC requires"),
        ("hub a\nshortLabel a\nlongLabel a\nemail a\n", "neither useOneFile on nor a genomesFile"),
        ("hub a\nuseOneFile on\n", "0 genomes; with useOneFile expected one"),
    ],
)
def test_texts_that_are_no_hub_are_named(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "hub.txt").write_text(text)
    assert any(expected in one for one in problems(check_hub(str(tmp_path))))


def test_the_command_says_what_is_wrong_and_ends_with_1(
    server: HubServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["regtrack", "hub", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    code, out, _ = run("--check", server.address)
    assert (code, out.strip()) == (
        0, f"{server.address}/hub.txt: 4 tracks, 5 files read: works",
    )  # fmt: skip
    server.faults = {TRACK: "404"}
    code, out, _ = run("--check", server.address, "--json")
    assert code == 1
    assert json.loads(out)["problems"] == [
        {"where": TRACK, "problem": "the server answers 404 Not Found"}
    ]
    server.faults = {"": "no ranges"}
    code, out, _ = run("--check", server.address)
    said = "the server answers no range requests: it sends the whole file for each part"
    assert out.splitlines() == [
        f"hub.txt and 5 others: {said}",
        f"{server.address}/hub.txt: 4 tracks, 5 files read: 1 problem",
    ]
    code, _, err = run("--check", server.address, "tracks")
    assert code == 2
    assert "not both" in err
    code, _, err = run("--json")
    assert code == 2
    assert "found no DIR" in err
