"""Files by suffix: what is refused before any work, and what is written."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from regtrack.errors import OutputError
from regtrack.figures.output import reserve_outputs, write_receptive_field, write_saliency
from regtrack.saliency.values import Curve, Saliency

STARTS = {
    "png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml", "html": b"<!DOCTYPE", "tsv": b"chrom\t",
}  # fmt: skip


def reserved(paths: list[Path], **options: bool) -> None:
    with reserve_outputs(paths, **options):
        pass


def test_an_unknown_suffix_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"expected \.png, \.pdf, \.svg, \.html, \.tsv or \.csv"):
        reserved([tmp_path / "a.png", tmp_path / "a.gif"])
    with pytest.raises(OutputError, match=r'Did you mean "\.html"\?'):
        reserved([tmp_path / "a.htm"])
    with pytest.raises(OutputError, match='"" is not a figure format'):
        reserved([tmp_path / "figure"])


def test_existing_files_are_refused_including_tables_next_to_figures(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("mine")
    reserved([tmp_path / "a.pdf"])
    with pytest.raises(OutputError, match=r"a\.tsv exists already"):
        reserved([tmp_path / "a.pdf"], data=True)
    reserved([tmp_path / "a.pdf"], data=True, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tsv"]


def test_outputs_are_locked_from_the_start(
    saliency: Callable[..., Saliency], tmp_path: Path
) -> None:
    paths = [tmp_path / "new" / "a.html"]
    with reserve_outputs(paths, data=True), ThreadPoolExecutor(1) as others:
        for _ in range(2):  # nor does a refused one release the lock
            with pytest.raises(OutputError, match=r"another process uses .*a\.\w+: "):
                others.submit(reserved, [tmp_path / "new" / "a.pdf"], data=True).result()
        write_saliency([saliency("CNN7", length=50)], paths, data=True)
    assert {path.name for path in paths[0].parent.iterdir()} == {"a.html", "a.tsv"}


@pytest.mark.parametrize("length", [50, 3_000])
def test_every_kind_is_written_with_its_table(
    saliency: Callable[..., Saliency], tmp_path: Path, length: int
) -> None:
    paths = [tmp_path / f"a.{kind}" for kind in ("png", "pdf", "svg", "html")]
    shown = [saliency("CNN7", length=length, method="gradient-x-input")]
    written = write_saliency(shown, paths, data=True, width="single")
    assert sorted(written) == sorted(tmp_path.iterdir()) == sorted([*paths, tmp_path / "a.tsv"])
    for path in written:
        assert path.read_bytes().startswith(STARTS[path.suffix[1:]])


def test_curves_are_written(curve: Callable[..., Curve], tmp_path: Path) -> None:
    paths = [tmp_path / "a.pdf", tmp_path / "a.html", tmp_path / "a.csv"]
    assert write_receptive_field([curve()], paths) == tuple(paths)
    assert (tmp_path / "a.csv").read_text().startswith("model,marker,distance,mass,outputs,")


@pytest.mark.parametrize("length", [1, 2, 60, 201])
@pytest.mark.parametrize("method", ["gradient-norm", "integrated-gradients", "ism"])
def test_zero_gradients_and_the_shortest_regions_can_be_drawn(
    saliency: Callable[..., Saliency], tmp_path: Path, length: int, method: str
) -> None:
    one = saliency(length=max(length, 4), method=method)
    one = replace(
        one,
        codes=one.codes[:length],
        values=np.zeros_like(one.values[:length]),
        outputs=one.outputs[:length],
    )
    paths = [tmp_path / "a.svg", tmp_path / "a.html", tmp_path / "a.tsv"]
    write_saliency([one], paths)
    assert sorted(tmp_path.iterdir()) == sorted(paths)
