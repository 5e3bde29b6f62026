"""The table of methods, and the computation of each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from regtrack.errors import SaliencyError
from regtrack.saliency.method import GRADIENT_X_INPUT, ISM, METHODS, find_method
from regtrack.saliency.steps import STEPS

ROOT = Path(__file__).parents[2]


def test_every_method_is_computed_and_found_by_its_name() -> None:
    assert set(STEPS) == set(METHODS.values())
    assert [find_method(name) for name in METHODS] == list(METHODS.values())
    with pytest.raises(
        SaliencyError, match='`method` is "loud"; expected gradient-norm, gradient-x-input'
    ):
        find_method("loud")


def test_one_value_per_base_or_one_per_letter() -> None:
    assert GRADIENT_X_INPUT.shape(7) == (7,)
    assert ISM.shape(7) == (7, 4)


def test_no_other_file_distinguishes_methods_by_name() -> None:
    quoted = re.compile("|".join(f"[\"']{name}[\"']" for name in METHODS))
    for folder in ("regtrack", "app"):
        for path in (ROOT / folder).rglob("*.py"):
            if path != ROOT / "regtrack" / "saliency" / "method.py":
                assert not quoted.search(path.read_text()), path


def test_the_docs_name_every_method() -> None:
    text = (ROOT / "docs" / "saliency.md").read_text()
    section = text.split("## Methods")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([a-z].*?)` \|", section, re.MULTILINE) == [*METHODS]
