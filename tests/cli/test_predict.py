"""`regtrack predict`: regions or sequences in, tables, bedGraph, arrays or a sketch out."""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

import regtrack
from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.cli import main
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.models.registry import build_model

Run = Callable[..., tuple[int, str, str]]
NAMES = ("K562_CTCF", "A_D", "B_D")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two checkpoints, the second with its markers in another order, and a reference with N."""
    monkeypatch.chdir(tmp_path)
    bases = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(0).integers(0, 4, 6_000)]
    text = bases.tobytes().decode()
    Path("r.fa").write_text(f">chr1\nNNNNN{text[:4995]}\n>chr2\n{text[:1000]}\n")
    Path("library.fa").write_text(f">one\n{text[:200]}\n>two words\n{text[300:431]}\n")
    assembly = Assembly(("chr1", "chr2"), (5_000, 1_000))
    for seed, order in enumerate((NAMES, NAMES[::-1])):
        torch.manual_seed(seed)
        markers = tuple(
            Marker(name, "TF" if "CTCF" in name else "DNase", "x", "y") for name in order
        )
        model = build_model("cnn3", 3, channels=[6, 8, 5], hidden=7)
        torch.nn.init.normal_(model.head.output.weight, std=1.0)
        save_checkpoint(f"c{seed}.safetensors", Checkpoint(model, markers, assembly, 1_000, {}))
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in that folder, with the first checkpoint unless another is given."""

    def call(*words: str) -> tuple[int, str, str]:
        given = words if words[0].startswith(("c", "--network")) else ("c0.safetensors", *words)
        monkeypatch.setattr("sys.argv", ["regtrack", "predict", *given])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return call


def table(text: str) -> tuple[list[tuple[str, int, int]], npt.NDArray[np.float64], list[str]]:
    """Places, values (lines, markers) with NaN for NA, and the markers of a TSV."""
    header, *rows = csv.reader(io.StringIO(text), delimiter="\t")
    assert header[:3] == ["chrom", "start", "end"]
    values = [[float("nan") if cell == "NA" else float(cell) for cell in row[3:]] for row in rows]
    return [(row[0], int(row[1]), int(row[2])) for row in rows], np.array(values), header[3:]


REGION = ("--reference", "r.fa", "--region", "chr1:1-40")


def test_a_table_has_the_values_of_scores_base_by_base(run: Run) -> None:
    code, out, _ = run(*REGION, "--out", "-")
    places, values, markers = table(out)
    expected = regtrack.scores("c0.safetensors", "r.fa", "chr1:1-40")
    assert code == 0
    assert places == [("chr1", at, at + 1) for at in range(40)]
    assert tuple(markers) == NAMES
    np.testing.assert_allclose(values.T, expected.values, rtol=1e-5)
    assert np.isnan(values).all(1).tolist() == [True] * 5 + [False] * 35


def test_bins_are_means_of_bases_other_than_n_and_the_last_may_be_short(run: Run) -> None:
    _, out, _ = run(*REGION, "--out", "-", "--resolution", "7", "--markers", "*_D")
    places, values, markers = table(out)
    whole = regtrack.scores("c0.safetensors", "r.fa", "chr1:1-40", markers="*_D").values
    assert markers == ["A_D", "B_D"]
    assert places[-1] == ("chr1", 35, 40)
    expected = [np.nanmean(whole[:, first : first + 7], axis=1) for first in range(0, 40, 7)]
    np.testing.assert_allclose(values, expected, rtol=1e-5)
    _, out, _ = run(*REGION, "--out", "-", "--resolution", "5")
    assert np.isnan(table(out)[1][0]).all()
    assert out.splitlines()[1] == "chr1\t0\t5\tNA\tNA\tNA"


def test_a_bed_keeps_its_order_and_its_repeats(run: Run) -> None:
    Path("r.bed").write_text("2\t10\t40\tx\nchr1\t0\t4\nchr1\t4990\t6000\n2\t10\t40\nchrX\t1\t5\n")
    for summary, function in (("mean", np.nanmean), ("max", np.nanmax)):
        code, out, err = run(
            "--reference", "r.fa", "--bed", "r.bed", "--summary", summary, "--out", "-"
        )
        places, values, _ = table(out)
        assert code == 0
        assert places == [
            ("chr2", 10, 40), ("chr1", 0, 4), ("chr1", 4990, 5000), ("chr2", 10, 40),
        ]  # fmt: skip
        assert np.isnan(values[1]).all()  # N alone
        for row, region in ((0, "chr2:11-40"), (2, "chr1:4,991-5,000"), (3, "chr2:11-40")):
            whole = regtrack.scores("c0.safetensors", "r.fa", region).values
            np.testing.assert_allclose(values[row], function(whole, axis=1), rtol=1e-5)
        assert "4 of 5 lines used; 1 dropped" in err
        assert "1 clipped" in err


def test_a_bed_may_come_through_a_pipe(run: Run) -> None:
    os.mkfifo("pipe.bed")
    written = threading.Thread(target=Path("pipe.bed").write_text, args=("chr2\t10\t40\n",))
    written.start()
    code, out, _ = run("--reference", "r.fa", "--bed", "pipe.bed", "--summary", "max", "--out", "-")
    written.join()
    assert code == 0
    assert table(out)[0] == [("chr2", 10, 40)]


def test_several_checkpoints_are_averaged_as_logits_by_name(run: Run) -> None:
    both = ("c0.safetensors", "c1.safetensors", *REGION, "--out", "-")
    _, values, markers = table(run(*both)[1])
    parts = [
        regtrack.scores(f"c{seed}.safetensors", "r.fa", "chr1:1-40", logits=True)
        for seed in range(2)
    ]
    assert tuple(markers) == NAMES
    for column, name in enumerate(NAMES):
        mean = (parts[0][name].astype(np.float64) + parts[1][name]) / 2
        np.testing.assert_allclose(values[:, column], 1 / (1 + np.exp(-mean)), rtol=1e-4)


def test_sequences_are_scored_whole_and_alone(run: Run) -> None:
    code, out, _ = run("--sequences", "library.fa", "--out", "-", "--logits")
    places, values, _ = table(out)
    assert code == 0
    assert places[199:201] == [("one", 199, 200), ("two", 0, 1)]
    assert len(places) == 331
    text = Path("library.fa").read_text().splitlines()[3]
    alone = regtrack.scores("c0.safetensors", sequence=text, logits=True).values
    np.testing.assert_allclose(values[200:].T, alone, rtol=1e-4, atol=1e-5)


def test_bedgraph_has_one_marker_and_no_line_for_n(run: Run) -> None:
    code, out, _ = run(*REGION, "--markers", "A_D", "--out", "a.bedgraph")
    assert code == 0
    assert out == "a.bedgraph: regions 1 (40 bp), markers 1\n"
    head, *lines = Path("a.bedgraph").read_text().splitlines()
    assert head == 'track type=bedGraph name="A_D"'
    assert [line.split("\t")[:3] for line in lines] == [
        ["chr1", str(at), str(at + 1)] for at in range(5, 40)
    ]
    expected = regtrack.scores("c0.safetensors", "r.fa", "chr1:1-40")["A_D"][5:]
    np.testing.assert_allclose([float(line.split("\t")[3]) for line in lines], expected, rtol=1e-5)
    code, _, err = run(*REGION, "--out", "b.bedgraph")
    assert (code, Path("b.bedgraph").exists()) == (2, False)
    assert "bedGraph holds one marker and 3 are asked for; choose one, or write .tsv" in err


def test_bedgraph_is_sorted_and_bases_are_counted_once(run: Run) -> None:
    one_marker = ("--reference", "r.fa", "--markers", "A_D")
    regions = ("chr2:8-9", "chr1:30-32", "chr1:7-8", "chr1:9-10")
    given = [word for region in regions for word in ("--region", region)]
    code, out, _ = run(*one_marker, *given, "--out", "a.bdg")
    assert (code, out) == (0, "a.bdg: regions 4 (9 bp), markers 1\n")
    lines = [line.split("\t") for line in Path("a.bdg").read_text().splitlines()[1:]]
    starts = [("chr1", at) for at in (6, 7, 8, 9, 29, 30, 31)] + [("chr2", 7), ("chr2", 8)]
    assert [(line[0], int(line[1])) for line in lines] == starts
    for first, line in (("chr1:7", lines[0]), ("chr2:9", lines[-1])):
        value = regtrack.scores("c0.safetensors", "r.fa", f"{first}-{first[5:]}")["A_D"][0]
        assert float(line[3]) == pytest.approx(value, rel=1e-4)
    twice = ("--region", "chr1:31-40", "--region", "chr2:1-9", "--region", "chr1:7-35")
    code, out, err = run(*one_marker, *twice, "--out", "b.bedgraph")
    assert (code, Path("b.bedgraph").exists()) == (2, False)
    assert "the regions chr1:7-35 and chr1:31-40 overlap" in err
    _, out, _ = run(*one_marker, *twice, "--out", "b.tsv")
    assert out == "b.tsv: regions 3 (43 bp), markers 1\n"  # 34 bp of chr1 and 9 of chr2
    assert len(Path("b.tsv").read_text().splitlines()) == 1 + 10 + 9 + 29


def test_arrays_have_names_and_places(run: Run) -> None:
    code, _, _ = run("--reference", "r.fa", "--region", "chr2:1-9", "--region", "chr1:90-94",
                     "--out", "x.npz")  # fmt: skip
    assert code == 0
    with np.load("x.npz") as found:
        assert found["markers"].tolist() == list(NAMES)
        assert found["offsets"].tolist() == [0, 9, 14]
        assert found["chrom"].tolist() == ["chr2"] * 9 + ["chr1"] * 5
        assert found["start"].tolist() == [*range(9), *range(89, 94)]
        assert (found["end"] - found["start"] == 1).all()
        expected = regtrack.scores("c0.safetensors", "r.fa", "chr1:90-94").values
        np.testing.assert_array_equal(found["values"][:, 9:], expected)
    code, out, _ = run(*REGION, "--out", "y.tsv", "--json")
    assert json.loads(out) == {"file": "y.tsv", "regions": 1, "bases": 40, "markers": list(NAMES)}
    code, _, err = run(*REGION, "--out", "x.npz")
    assert code == 2
    assert "exists" in err


def test_without_a_file_the_highest_markers_are_sketched(run: Run) -> None:
    code, out, _ = run(*REGION)
    values = regtrack.scores("c0.safetensors", "r.fa", "chr1:1-40").values
    names = [NAMES[row] for row in np.argsort(-np.nanmax(values, axis=1))]
    assert code == 0
    lines = [line for line in out.splitlines() if any(name in line for name in NAMES)]
    assert [next(name for name in NAMES if name in line) for line in lines] == names
    top = NAMES.index(names[0])
    assert f"{np.nanmax(values[top]):.4g}" in lines[0]
    assert f"{np.nanargmax(values[top]) + 1}" in lines[0]


def test_json_has_each_region_and_marker(run: Run) -> None:
    code, out, _ = run(
        "--reference", "r.fa", "--region", "chr1:1-40", "--region", "chr1:1-3", "--json"
    )
    first, second = json.loads(out)["regions"]
    values = regtrack.scores("c0.safetensors", "r.fa", "chr1:1-40")["B_D"]
    assert code == 0
    assert (first["chrom"], first["start"], first["end"]) == ("chr1", 0, 40)
    assert first["markers"]["B_D"] == {
        "mean": pytest.approx(float(np.nanmean(values)), rel=1e-5),
        "max": pytest.approx(float(np.nanmax(values))),
        "at": int(np.nanargmax(values)) + 1,
    }
    assert second["markers"]["B_D"] == {"mean": None, "max": None, "at": None}


@pytest.mark.parametrize(("words", "message"), [
    (("--region", "chr1:1-9"), "found neither --reference and --sequences"),
    (("--reference", "r.fa", "--sequences", "library.fa"), "found both --reference"),
    (("--reference", "r.fa"), "expected one of --region, --bed and --sequences"),
    (("--reference", "r.fa", "--region", "chr9:1-9"), "chr9"),
    ((*REGION, "--out", "x.csv"), 'ends in ".csv"; expected .tsv, .bedgraph, .bdg, .npz'),
    ((*REGION, "--resolution", "0"), "--resolution is 0"),
    ((*REGION, "--summary", "median"), "--summary"),
    ((*REGION, "--summary", "mean", "--resolution", "5"), "cannot be combined"),
    ((*REGION, "--markers", "nothing"), "nothing"),
    ((*REGION, "--out", "-", "--json"), "found --json and --out -"),
    ((*REGION, "--summary", "max"), "--summary is for --out, which was not given"),
    ((*REGION, "--resolution", "5", "--json"), "--resolution is for --out"),
    (("c0.safetensors", "missing", *REGION), "missing"),
])  # fmt: skip
def test_a_request_that_cannot_be_met_gets_one_line(
    run: Run, words: tuple[str, ...], message: str
) -> None:
    before = {path.name for path in Path().iterdir()}
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())
    assert "Traceback" not in err
    assert {path.name for path in Path().iterdir()} - {"r.fa.fai"} == before


def test_a_network_of_ones_own_is_scored_too(run: Run, folder: Path) -> None:
    (folder / "scored_networks.py").write_text(
        "import torch, regtrack\n"
        "def made(bias=0.0):\n"
        "    module = torch.nn.Conv1d(4, 2, 3)\n"
        "    torch.nn.init.constant_(module.weight, 1.0)\n"
        "    torch.nn.init.constant_(module.bias, bias)\n"
        "    return regtrack.as_network(module, ['a', 'b'], crop=1, reach=1)\n"
    )
    status, out, err = run(
        "--network", "scored_networks:made", "--network-set", "bias=0.5", "--reference", "r.fa",
        "--region", "chr1:4-9", "--markers", "b", "--out", "-",
    )  # fmt: skip
    assert status == 0, err
    rows = list(csv.reader(io.StringIO(out), delimiter="\t"))[1:]
    # bases 4 and 5 are N, and base 6 has one N beside it
    assert [row[-1] for row in rows] == ["NA", "NA", "2.5", "3.5", "3.5", "3.5"]
    status, _, err = run("--network", "scored_networks:made", "c0.safetensors",
                         "--reference", "r.fa", "--region", "chr1:4-9")  # fmt: skip
    assert status == 2
    assert "found both of CHECKPOINT and --network" in err
