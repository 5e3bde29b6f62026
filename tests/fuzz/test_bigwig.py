"""Any change to a small bigWig leads to a result or a `RegtrackError`, in little memory."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings, strategies as st
from odd_bigwigs import CHROMS, Odd

from regtrack.errors import RegtrackError
from regtrack.tracks.bigwig.describe import describe_bigwig
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.bigwig.second_reader import SecondReader
from regtrack.tracks.bigwig.validate import validate
from regtrack.tracks.binning import base_values, bin_track

MORE = (*CHROMS, *((f"chr{number}", 10) for number in range(3, 9)))
KINDS: tuple[dict[str, Any], ...] = (
    {},
    {"packed": False},
    {"packed": False, "order": ">", "fanout": 2, "chroms": MORE},
    {"packed": False, "zoom": 0, "count": 4},
)
NUMBERS = (0, 1, 2, 255, 65_535, 2**16, 2**31, 2**32 - 1, 2**63, 2**64 - 1)
MEMORY = 64e6  # bytes


class NoReader(SecondReader):
    """Finds nothing: pyBigWig, whose process may crash on such files, has its own tests."""

    def check(self, *_: Any, **__: Any) -> list[str]:
        return []


def contents() -> list[bytes]:
    with TemporaryDirectory() as folder:
        return [Odd(**how).write(Path(folder) / "a.bw").read_bytes() for how in KINDS]


CONTENTS = contents()
CHANGE = st.tuples(
    st.integers(0, max(map(len, CONTENTS))),
    st.one_of(
        st.binary(min_size=1, max_size=8),
        st.builds(lambda n, form: struct.pack("<Q", n)[:form], st.sampled_from(NUMBERS),
                  st.sampled_from([1, 2, 4, 8])),
        st.builds(lambda n: struct.pack("<I", n), st.integers(0, 5_000)),
    ),
)  # fmt: skip


# a third of the profile's: each is checked, described and shown
@settings(max_examples=settings().max_examples // 3)
@given(
    st.sampled_from(CONTENTS),
    st.lists(CHANGE, min_size=1, max_size=4),
    st.none() | st.integers(0, 3_000),
)
def test_any_change_gives_a_result_or_an_error(
    content: bytes, changes: Sequence[tuple[int, bytes]], end: int | None
) -> None:
    changed = bytearray(content)
    for at, data in changes:
        place = at % len(content)
        changed[place : place + len(data)] = data
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.bw"
        path.write_bytes(changed[:end])
        tracemalloc.start()
        try:
            for use in (describe_bigwig, check, show):
                tried(use, path)
            assert tracemalloc.get_traced_memory()[1] < MEMORY
        finally:
            tracemalloc.stop()


def tried(use: Callable[[Path], object], path: Path) -> None:
    try:
        use(path)
    except RegtrackError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 1_000


def check(path: Path) -> None:
    text = validate(path, second_reader=NoReader()).text()
    assert len(text) < 20_000


def show(path: Path) -> None:
    with RawBigWig(path) as raw:
        for chrom in raw.chroms[:3]:
            tried(lambda _, c=chrom: base_values(raw, c.name, 0, 6_000), path)  # type: ignore[misc]
            tried(lambda _, c=chrom: bin_track(raw, c.name, 0, max(c.length, 1), 20), path)  # type: ignore[misc]
