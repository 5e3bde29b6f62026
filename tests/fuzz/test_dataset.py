"""Mutants of a dataset read as it was built, or are refused in one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from mutants import damaged, mutated, written

from regtrack.dataset.build import build_dataset
from regtrack.dataset.format import ARRAY_FILES, HEADER_FILE
from regtrack.dataset.spec import DatasetSpec
from regtrack.dataset.store import SPLITS, Dataset
from regtrack.dataset.verify import verify_dataset
from regtrack.errors import RegtrackError
from regtrack.files.records import content_digest


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "r.fa").write_text(f">chr1\n{'ACGT' * 500}\n>chr2\n{'GATTACA' * 100}\n")
    (folder / "a.bed").write_text("chr1\t100\t200\nchr1\t900\t1100\nchr2\t5\t300\n")
    (folder / "m.tsv").write_text("file\tcategory\tcell\ttarget\na.bed\tTF\tK562\tCTCF\n")
    build_dataset(folder / "r.fa", folder / "m.tsv", folder / "data", spec=DatasetSpec(100))
    shutil.copytree(folder / "data", folder / "mutant")
    return folder / "data"


def all_of(path: Path) -> list[np.ndarray]:
    """Everything that can be read."""
    dataset = Dataset.open(path)
    found = [dataset.windows, *(dataset.positives(split) for split in SPLITS)]
    for chrom, length in zip(dataset.assembly.names, dataset.assembly.lengths, strict=True):
        found += [dataset.codes(chrom, 0, length), dataset.dense(chrom, 0, length)]
    return found


def right_or_refused(built: Path, mutant: Path) -> None:
    try:
        found = all_of(mutant)
    except RegtrackError as error:
        assert "\n" not in str(error)
        assert str(error).isprintable()
        assert len(str(error)) < 900
        assert list(verify_dataset(mutant))
        return
    for one, other in zip(found, all_of(built), strict=True):
        assert np.array_equal(one, other)


@settings(max_examples=settings().max_examples // 2)
@given(data=st.data(), name=st.sampled_from((*ARRAY_FILES, HEADER_FILE)))
def test_bytes(built: Path, data: st.DataObject, name: str) -> None:
    mutant = built.with_name("mutant")
    (mutant / name).write_bytes(data.draw(damaged((built / name).read_bytes())))
    try:
        right_or_refused(built, mutant)
    finally:
        shutil.copy(built / name, mutant / name)


@settings(max_examples=settings().max_examples // 2)
@given(data=st.data(), sealed=st.booleans())
def test_header(built: Path, data: st.DataObject, sealed: bool) -> None:
    mutant = built.with_name("mutant")
    header = data.draw(mutated(json.loads((built / HEADER_FILE).read_text())))
    if sealed:
        header["digest"] = content_digest({k: v for k, v in header.items() if k != "digest"})
    (mutant / HEADER_FILE).write_bytes(written(header))
    try:
        all_of(mutant)  # with a right digest, another header is another dataset
    except RegtrackError as error:
        assert str(error).isprintable()
        assert len(str(error)) < 900
    else:
        assert sealed or header == json.loads((built / HEADER_FILE).read_text())
    finally:
        shutil.copy(built / HEADER_FILE, mutant / HEADER_FILE)
