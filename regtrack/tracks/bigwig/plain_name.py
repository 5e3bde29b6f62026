"""Names of files for libraries in C that take UTF-8 alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def plain_name(path: Path) -> Iterator[str]:
    """The name of a file; if it is not UTF-8, that of a link to it, for as long as the block runs.

    pyBigWig fails, or crashes, on a name with other bytes, which file systems allow.
    """
    name = str(path)
    if name.encode(errors="replace") == name.encode(errors="surrogatepass"):
        yield name
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "file.bw"
        link.symlink_to(path.absolute())
        yield str(link)
