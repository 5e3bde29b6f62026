"""`regtrack build-dataset` from the outside: what is printed, and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from regtrack.cli import main
from regtrack.dataset.store import Dataset

from .usual import usual

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in a folder with a reference of 60 kb and two markers."""
    monkeypatch.chdir(tmp_path)
    body = ("ACGT" * 15 + "\n") * 500
    Path("r.fa").write_text(f">chr1\n{body}>chr2\n{body}")
    Path("a.bed").write_text("chr1\t1000\t2000\n")
    Path("b.bed").write_text("chr2\t0\t30000\n")
    table = "file\tcategory\tcell\ttarget\na.bed\tTF\tK562\tCTCF\nb.bed\tDNase\tK562\tDNase\n"
    Path("markers.tsv").write_text(table)

    def call(*options: str) -> tuple[int, str, str]:
        fixed = ("--reference", "r.fa", "--markers", "markers.tsv", "--out", "data")
        words = usual(options, *fixed, "--window", "1000")
        monkeypatch.setattr("sys.argv", ["regtrack", "build-dataset", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return call


def test_a_build_ends_in_a_summary_and_the_next_command(run: Run) -> None:
    code, out, _ = run()
    assert code == 0
    lines = {line.strip(" │").split("│")[0].strip(): line for line in out.splitlines()}
    assert "60" in lines["kept"]
    assert "48" in lines["train"]
    # 1,000 and 30,000 of 60,000 bases
    assert "1.667%" in lines["K562_CTCF"]
    assert "50.000%" in lines["K562_DNase"]
    assert "regtrack train data" in out


def test_short_windows_have_one_label_each(run: Run) -> None:
    code, out, _ = run("--task", "short", "--split", "block", "--block", "200", "--window", "200",
                       "--fractions", "0,0,1")  # fmt: skip
    lines = {line.strip(" │").split("│")[0].strip(): line for line in out.splitlines()}
    assert code == 0
    # the peak covers five bins; the marker without a label in them has none
    assert "5" in lines["kept"] and "295" in lines["dropped: no peak where one is needed"]
    assert "100.000%" in lines["K562_CTCF"]
    assert "0.000%" in lines["K562_DNase"]
    assert Dataset.open("data").label_count == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--task", "wide"), '--task is "wide"; expected dense or short'),
        (("--task", "short"), '"chr7:30508751-35296850" is to be held out, but the dataset uses o'),
        (("--split", "benchmark", "--test-chroms", "chr1"), "benchmark split holds out chr8, chr9"),
        (("--task", "short", "--window", "1001"), "--window is 1,001 bp; expected 200 bp in the m"),
        (("--task", "short", "--fractions", "1,0,0"), "`fractions` is set, but a chrom split"),
    ],
)
def test_short_mistakes_are_one_line(run: Run, options: tuple[str, ...], message: str) -> None:
    code, _, err = run(*options)
    assert code == 2
    assert message in err.replace("--fractions is", "`fractions` is").splitlines()[-1]
    assert not Path("data").exists()


def test_json_is_alone_on_stdout(run: Run) -> None:
    code, out, _ = run("--json")
    found = json.loads(out)
    assert code == 0
    assert (found["path"], found["kept"]) == ("data", 60)
    assert found["coverage"] == {"K562_CTCF": 1 / 60, "K562_DNase": 0.5}


def test_options_reach_the_dataset(run: Run) -> None:
    chroms = ("--valid-chroms", "chr2", "--chroms", "chr1,chr2")
    assert run("--split", "chrom", *chroms, "--max-n", "0.2", "--seed", "3")[0] == 0
    spec = Dataset.open("data").spec
    assert (spec.window, spec.max_n, spec.chroms) == (1000, 0.2, ("chr1", "chr2"))
    assert (spec.split.kind, spec.split.valid_chroms, spec.split.seed) == ("chrom", ("chr2",), 3)
    assert (
        run("--split", "block", "--block", "5000", "--fractions", "0.5,0.5,0", "--overwrite")[0]
        == 0
    )
    split = Dataset.open("data").spec.split
    assert (split.block, split.fractions) == (5000, (0.5, 0.5, 0.0))


@pytest.mark.parametrize(
    ("options", "splits"),
    [
        (("--fractions", "0,0,1"), {"train": 0, "valid": 0, "test": 60}),
        (("--fractions", "0.5,0,0.5"), {"train": 30, "valid": 0, "test": 30}),
        (
            ("--split", "chrom", "--valid-chroms", "chr1", "--test-chroms", "chr2"),
            {"train": 0, "valid": 30, "test": 30},
        ),
    ],
)
def test_a_dataset_for_evaluation_alone(
    run: Run, options: tuple[str, ...], splits: dict[str, int]
) -> None:
    code, out, err = run(*options)
    assert code == 0
    assert Dataset.open("data").split_sizes == splits
    without_test = " --split valid" * (not splits["test"])
    assert f"Next: regtrack evaluate data RUN{without_test}\n" in out
    assert "training needs train and valid" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--split", "blok"), 'error: --split is "blok"; expected random, chrom, block'),
        (("--fractions", "0.8,0.2"), 'error: --fractions is "0.8,0.2"; expected train,valid,test'),
        (("--chroms", "chr3"), 'error: chromosome "chr3" is not in the assembly'),
        (("--chroms", ""), "error: --chroms is empty"),
        (("--split", "chrom", "--valid-chroms", ""), "error: --valid-chroms is empty"),
        (("--split", "chrom", "--test-chroms", ""), "error: --test-chroms is empty"),
        (("--peaks-folder", "nowhere"), "error: no folder of peak files at nowhere"),
    ],
)
def test_a_mistake_is_reported_in_one_line(
    run: Run, options: tuple[str, ...], message: str
) -> None:
    code, out, err = run(*options)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1
    assert not Path("data").exists()


def test_an_existing_dataset_is_kept(run: Run) -> None:
    assert run()[0] == 0
    code, _, err = run()
    assert code == 2
    assert "data exists already" in err
