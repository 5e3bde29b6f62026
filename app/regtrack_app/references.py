"""The reference for genome browsers: its files by the names under which they are served."""

from __future__ import annotations

from pathlib import Path

from regtrack.compare.sources import Sources
from regtrack.tracks.session import known_genome

SIZES = "genome.chrom.sizes"
"""The name under which names and lengths of chromosomes are served, which desktop IGV expects."""


def igv_reference(sources: Sources, base: str) -> dict[str, str]:
    """The genome as igv.js takes it: the reference, or only the lengths of chromosomes.

    Args:
        sources: with the reference, if it is known.
        base: where the files are served, with a slash at its end.
    """
    known = known_genome(sources.assembly) or "genome"
    found = {"id": known, "name": known}
    urls = [f"{base}{name}" for name in reference_files(sources)]
    if not urls:
        return found | {"format": "chromsizes", "fastaURL": f"{base}{SIZES}"}
    keys = ("fastaURL", "indexURL", "compressedIndexURL")  # the last only if it is compressed
    return found | dict(zip(keys, urls, strict=False))


def reference_files(sources: Sources) -> dict[str, Path]:
    """The FASTA, which comes first, and its indexes, by the names under which they are served.

    Empty if one of them is missing. Browsers look for indexes next to a FASTA, and tell by its name
    whether it is compressed.
    """
    path = sources.reference
    if path is None:
        return {}
    name = "genome.fa.gz" if _zipped(path) else "genome.fa"
    files = {f"{name}{ending}": Path(f"{path}{ending}") for ending in _endings(path)}
    return files if all(file.is_file() for file in files.values()) else {}


def letters_in_browsers(sources: Sources) -> str:
    """Why IGV and igv.js show no letters of the sequence, in a sentence; empty if they can.

    IGV has the assemblies that it knows by name; igv.js here loads nothing from elsewhere.
    """
    if reference_files(sources):
        return ""
    where = "igv.js shows" if known_genome(sources.assembly) else "IGV and igv.js show"
    path = sources.reference
    if path is None:
        return f"{where} no letters: start regtrack serve with a reference."
    missing = [ending for ending in _endings(path) if not Path(f"{path}{ending}").is_file()]
    files = " and no ".join(f"{path.name}{ending}" for ending in missing)
    how = "them for bgzip" if _zipped(path) else "it"
    return f"{where} no letters: there is no {files}; samtools faidx writes {how}."


def _zipped(path: Path) -> bool:
    return path.suffix in {".gz", ".bgz"}


def _endings(path: Path) -> tuple[str, ...]:
    """What the names of a FASTA and of its indexes add to its own."""
    return ("", ".fai", ".gzi") if _zipped(path) else ("", ".fai")
