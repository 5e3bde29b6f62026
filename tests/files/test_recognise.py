"""First bytes of invented files, and what they are."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save

from regtrack.files.recognise import is_bgzip, recognise, recognise_binary, recognise_file


def bgzip(content: bytes) -> bytes:
    """One block of bgzip: its total length stands in a field of its header."""
    packed = gzip.compress(content, mtime=0)
    head = packed[:3] + b"\x04" + packed[4:10]
    length = len(packed) + 8
    return head + struct.pack("<HBBHH", 6, 66, 67, 2, length - 1) + packed[10:]


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "content")
    return file.getvalue()


def torch_saved(*, new: bool) -> bytes:
    file = io.BytesIO()
    torch.save({"weights": torch.zeros(2)}, file, _use_new_zipfile_serialization=new)
    return file.getvalue()


def npy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


GTF = b'chr1\tx\tgene\t1\t9\t.\t+\t.\tgene_id "a";\n'
CASES = [
    (b"", "an empty file"),
    (b" \n\n", "blank text"),
    (struct.pack("<IH", 0x888FFC26, 4), "a bigWig"),
    (struct.pack(">IH", 0x888FFC26, 4), "a big-endian bigWig"),
    (struct.pack("<IH", 0x8789F2EB, 4), "a bigBed"),
    (struct.pack(">IH", 0x8789F2EB, 4), "a big-endian bigBed"),
    (struct.pack("<II", 0x1A412743, 0), "a 2bit file"),
    (struct.pack(">II", 0x1A412743, 0), "a big-endian 2bit file"),
    (gzip.compress(b"chr1\t1\t2\n"), "a gzip file of BED file"),
    (bgzip(b">chr1\nACGT\n"), "a bgzip file of FASTA text"),
    (bgzip(b"BAM\x01\0\0\0\0"), "a BAM file"),
    (gzip.compress(b""), "a gzip file"),
    (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff", "a damaged gzip file"),
    (b"CRAM\x03\x00", "a CRAM file"),
    (zipped("folder/peaks.bed"), "a zip archive"),
    (zipped("archive/data.pkl"), "a PyTorch pickle"),
    (zipped("arr_0.npy"), "a NumPy archive (.npz)"),
    (zipped("[Content_Types].xml"), "an Excel or Word file"),
    (torch_saved(new=True), "a PyTorch pickle"),
    (torch_saved(new=False), "a PyTorch pickle"),
    (pickle.dumps({"a": 1}), "a Python pickle"),
    (save({"weights": np.zeros(2, np.float32)}), "a safetensors file"),
    (npy(), "a NumPy array"),
    (b"\x89HDF\r\n\x1a\n\0\0", "an HDF5 file"),
    (bytes(512) + b"\x89HDF\r\n\x1a\n\0\0", "an HDF5 file"),
    (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB file"),
    (b"BZh91AY&SY", "a bzip2 file"),
    (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "a Git LFS pointer (git lfs pull fetches the file)",
    ),
    (b"\n<!DOCTYPE html><html>", "an HTML page (an error page saved by a download?)"),
    (b"<HTML><body>Not found", "an HTML page (an error page saved by a download?)"),
    (b"\xef\xbb\xbf<!-- x --><html>", "an HTML page (an error page saved by a download?)"),
    (
        b'<?xml version="1.0"?>\n<Error><Code>AccessDenied',
        "an XML document (an error page saved by a download?)",
    ),
    ("chr1\t1\t2\n".encode("utf-16"), "UTF-16 text"),
    ("chr1\t1\t2\n".encode("utf-16-le"), "UTF-16 text without a byte order mark"),
    ("chr1\t1\t2\n".encode("utf-16-be"), "UTF-16 text without a byte order mark"),
    ("chr1\t1\t2\n".encode("utf-32"), "UTF-32 text"),
    (b">chr1\nACGT\n", "FASTA text"),
    (b"@read\nACGT\n+\nIIII\n", "a FASTQ file"),
    (b"##fileformat=VCFv4.2\n", "a VCF file"),
    (b"##gff-version 3\n", "a GFF3 file"),
    (b"chr1\tx\tgene\t1\t9\t.\t+\t.\tID=gene:a;Name=b\n", "a GFF3 file"),
    (b"#!genome-build x\n" + GTF, "a GTF file"),
    (b"track name=x\r# y\rchr1\t1\t2\rchr1\t3\t4\r", "a BED file"),
    (b"\xef\xbb\xbfchr1\t1\t2\n", "a BED file"),
    (b"chr1\t1\t2\t7\t800\t+\t1\t2\t0\n", "a BED file"),
    (b'#x\ntrack name=y type="bedGraph"\nchr1\t1\t2\t0\n', "a bedGraph file"),
    (b"track type=wiggle_0\n1\n", "a wiggle file"),
    (b"a.bed".ljust(257, b"\0") + b"ustar\x0000", "a tar archive"),
    (b"variableStep chrom=chr1\n", "a wiggle file"),
    (json.dumps({"a": 1}).encode(), "JSON text"),
    (b"file\tcategory\n", "text"),
    # names of chromosomes that begin like formats
    (b"CRAM\t1\t5\n", "a BED file"),
    (b"PAR1\t1\t5\n", "a BED file"),
    (b"BZh9\t1\t5\n", "a BED file"),
    (b"caf\xe9\n", "text"),
    (b"\x01\x02\x03\x04\x05abc", "a binary file of unknown kind"),
]


@pytest.mark.parametrize(
    ("start", "kind"), CASES, ids=[f"{at}-{c[1]}" for at, c in enumerate(CASES)]
)
def test_a_file_is_recognised_by_its_first_bytes(tmp_path: Path, start: bytes, kind: str) -> None:
    assert recognise(start) == kind
    path = tmp_path / "misnamed.jpg"
    path.write_bytes(start + b"")
    assert recognise_file(path) == kind


@pytest.mark.parametrize(
    ("start", "kind"), CASES, ids=[f"{at}-{c[1]}" for at, c in enumerate(CASES)]
)
def test_no_start_of_a_known_file_is_an_error(start: bytes, kind: str) -> None:
    for length in range(min(len(start), 60)):
        assert recognise(start[:length])


def test_binary_formats_are_told_from_plain_text() -> None:
    assert recognise_binary(struct.pack("<IH", 0x8789F2EB, 4)) == "a bigBed"
    assert recognise_binary("ab".encode("utf-16-le")) == "UTF-16 text without a byte order mark"
    for plain in (b"", b"chr1\t1\t2\n", GTF, b"\x01\x02"):
        assert recognise_binary(plain) is None


def test_bgzip_is_told_from_gzip() -> None:
    assert is_bgzip(bgzip(b"x"))
    assert gzip.decompress(bgzip(b"x")) == b"x"
    assert not is_bgzip(gzip.compress(b"x" * 100))
    assert not is_bgzip(b"\x1f\x8b\x08\x04")


def test_folders_and_pipes_are_not_opened(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    assert recognise_file(tmp_path) == "a folder"
    assert recognise_file(tmp_path / "pipe") == "not a regular file"
