"""What a file is, told by its first bytes and never by its name."""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

from regtrack.files.rows import kind_of_rows

HEAD = 4096  # bytes that suffice to recognise a file

_GZIP = b"\x1f\x8b"
# the first bytes of formats; numbers of bigWig, bigBed and 2bit stand in both byte orders
_STARTS: tuple[tuple[bytes, str], ...] = (
    (0x888FFC26.to_bytes(4, "little"), "a bigWig"),
    (0x888FFC26.to_bytes(4, "big"), "a big-endian bigWig"),
    (0x8789F2EB.to_bytes(4, "little"), "a bigBed"),
    (0x8789F2EB.to_bytes(4, "big"), "a big-endian bigBed"),
    (0x1A412743.to_bytes(4, "little"), "a 2bit file"),
    (0x1A412743.to_bytes(4, "big"), "a big-endian 2bit file"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"MATLAB 5.0 MAT-file", "a MATLAB file"),
    (b"MATLAB 7.3 MAT-file", "a MATLAB 7.3 file"),
    (b"BAM\x01", "a BAM file"),
    (b"BAI\x01", "a BAM index"),
    (b"CRAM\x02", "a CRAM file"),
    (b"CRAM\x03", "a CRAM file"),
    (b"BCF\x02", "a BCF file"),
    (b"TBI\x01", "a tabix index"),
    (b"CSI\x01", "a CSI index"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1\x15", "a Parquet file"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file"),
    (b"{\\rtf", "an RTF document"),
    (b"\x7fELF", "a program"),
    *((b"BZh%d1AY&SY" % level, "a bzip2 file") for level in range(1, 10)),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"version https://git-lfs", "a Git LFS pointer (git lfs pull fetches the file)"),
)
_INSIDE = ((257, b"ustar", "a tar archive"), (512, b"\x89HDF\r\n\x1a\n", "an HDF5 file"))
# the magic number with which torch.save began before it wrote zip files, as a pickle
_TORCH_LEGACY = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
UTF_16 = "UTF-16 text"
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32 text"),
    (b"\x00\x00\xfe\xff", "UTF-32 text"),
    (b"\xff\xfe", UTF_16),
    (b"\xfe\xff", UTF_16),
)
_MARKUP = re.compile(rb"(<!--.*?-->|<\?xml[^>]*>|\s)*<(!doctype\s+)?([a-z]\w*)", re.I | re.S)
# lines with which a format of text has to begin
_LINES: tuple[tuple[bytes, str], ...] = (
    (b">", "FASTA text"),
    (b"##fileformat=VCF", "a VCF file"),
    (b"@HD\t", "a SAM file"),
    (b"@SQ\t", "a SAM file"),
    (b"fixedStep", "a wiggle file"),
    (b"variableStep", "a wiggle file"),
)
_TRACK_TYPE = re.compile(rb"""track\s.*\btype=["']?(bedGraph|wiggle_0)\b""")
_TRACKS = {b"bedGraph": "a bedGraph file", b"wiggle_0": "a wiggle file"}
_LINE_END = re.compile(rb"\r\n|\n|\r")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def recognise_file(path: Path) -> str:
    """What a file is, as `recognise` puts it; a folder or a pipe is not opened.

    Raises:
        OSError: it cannot be read.
    """
    if path.is_dir():
        return "a folder"
    if not path.is_file():
        return "not a regular file"
    with path.open("rb") as file:
        return recognise(file.read(HEAD))


def recognise(start: bytes) -> str:
    r"""What begins with these bytes, as a noun phrase with its article.

    Args:
        start: the first bytes of a file, best `HEAD` of them.

    >>> recognise(b"\xeb\xf2\x89\x87\x04\x00")
    'a bigBed'
    >>> recognise(b"<!DOCTYPE html><title>404</title>")
    'an HTML page (an error page saved by a download?)'
    """
    if not start:
        return "an empty file"
    if start.startswith(_GZIP):
        return _gzip(start)
    return recognise_binary(start) or _text(start)


def recognise_binary(start: bytes) -> str | None:
    """As `recognise`, but None for plain text, a gzip, and binary files of unknown kind."""
    known = next((name for magic, name in _STARTS if start.startswith(magic)), None)
    known = known or next((name for mark, name in _MARKS if start.startswith(mark)), None)
    known = known or next((name for at, mark, name in _INSIDE if start.startswith(mark, at)), None)
    if known:
        return known
    if start.startswith(b"PK\x03\x04"):
        return _zip(start)
    if start[:1] == b"\x80" and start[1:2] in {b"\2", b"\3", b"\4", b"\5"}:
        return "a PyTorch pickle" if _TORCH_LEGACY in start[:32] else "a Python pickle"
    if _is_safetensors(start):
        return "a safetensors file"
    return "UTF-16 text without a byte order mark" if _looks_utf16(start) else None


def recognise_declared(start: bytes) -> str | None:
    """What the first bytes of an unpacked file declare it to be, however its lines may look.

    None for text that declares nothing, JSON, and binary files of unknown kind.
    """
    if start.startswith(_GZIP):
        return "a gzip within a gzip (unpack it once)"
    known = recognise_binary(start)
    if known:
        return known
    text = start.removeprefix(b"\xef\xbb\xbf")
    return _markup(text) or _by_marks(_LINE_END.split(text))


def is_bgzip(start: bytes) -> bool:
    """Whether a gzip's first bytes are those of bgzip, which can be read by region.

    The first extra field of its header is named "BC" (SAM specification, section 4.1).
    """
    return (
        start.startswith(_GZIP)
        and len(start) >= 18
        and bool(start[3] & 4)
        and start[12:14] == b"BC"
    )


def _gzip(start: bytes) -> str:
    """A gzip by what it holds, as far as its first bytes can be unpacked."""
    kind = "bgzip" if is_bgzip(start) else "gzip"
    try:
        inside = zlib.decompressobj(31).decompress(start, HEAD)
    except zlib.error:
        return f"a damaged {kind} file"
    if kind == "bgzip" and inside.startswith((b"BAM\x01", b"BCF\x02", b"TBI\x01", b"CSI\x01")):
        return recognise(inside)  # always packed so
    if not inside:
        return f"a {kind} file"
    return f"a {kind} file of {recognise(inside).removeprefix('a ').removeprefix('an ')}"


def _zip(start: bytes) -> str:
    """A zip by the name of its first member."""
    length = int.from_bytes(start[26:28], "little")
    name = start[30 : 30 + length]
    if name.endswith((b"/data.pkl", b"/version", b"/byteorder", b"/.format_version")):
        return "a PyTorch pickle"
    if name.endswith(b".npy"):
        return "a NumPy archive (.npz)"
    if name.startswith((b"[Content_Types].xml", b"_rels/", b"xl/")):
        return "an Excel or Word file"
    if b"mimetypeapplication/vnd.oasis" in start:
        return "an OpenDocument file"
    return "a zip archive"


def _is_safetensors(start: bytes) -> bool:
    length = int.from_bytes(start[:8], "little")
    return 2 <= length <= 100_000_000 and re.match(rb'\{(\s*"|\s*\}|\s*$)', start[8:]) is not None


def _text(start: bytes) -> str:
    start = start.removeprefix(b"\xef\xbb\xbf")
    if not start.strip():
        return "blank text"
    if _NO_TEXT.search(start):
        return "a binary file of unknown kind"
    lines = _LINE_END.split(start)
    return _markup(start) or _by_lines(lines[:-1] or lines)  # the last one may be cut


def _markup(start: bytes) -> str | None:
    markup = _MARKUP.match(start)
    if not markup:
        return None
    html = markup[3].lower() in {b"html", b"head", b"body", b"title", b"script"}
    name = "an HTML page" if html else "an XML document"
    return f"{name} (an error page saved by a download?)"


def _looks_utf16(start: bytes) -> bool:
    """Whether every second byte is NUL, as in UTF-16 of Latin letters."""
    even, odd = start[::2], start[1::2]
    return len(start) >= 4 and any(
        not zeros.strip(b"\x00") and b"\x00" not in letters
        for zeros, letters in ((even, odd), (odd, even[: len(odd)]))
    )


def _by_lines(lines: Sequence[bytes]) -> str:
    """Plain text by its first lines."""
    known = _by_marks(lines)
    if known:
        return known
    if lines[0].startswith(b"##gff-version 3"):  # GTFs say so as well
        return "a GFF3 file"
    if lines[0].lstrip()[:1] in {b"{", b"["}:
        return "JSON text"
    rows = [line for line in lines if line.strip() and not _is_comment(line)]
    return kind_of_rows([line.split(b"\t" if b"\t" in line else None) for line in rows])


def _by_marks(lines: Sequence[bytes]) -> str | None:
    """Plain text by a line with which its format has to begin."""
    first = lines[0]
    known = next((name for mark, name in _LINES if first.startswith(mark)), None)
    if known:
        return known
    if first.startswith(b"@") and len(lines) > 2 and lines[2].startswith(b"+"):
        return "a FASTQ file"
    header = itertools.takewhile(lambda line: not line.strip() or _is_comment(line), lines)
    types = filter(None, map(_TRACK_TYPE.match, header))
    return next((_TRACKS[found[1]] for found in types), None)


def _is_comment(line: bytes) -> bool:
    return line.startswith((b"#", b"track", b"browser"))
