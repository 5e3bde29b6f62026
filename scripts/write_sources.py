"""Write regtrack/fetch/sources.tsv from the manifest of the paper's 919 markers.

    python scripts/write_sources.py MANIFEST

Sizes and checksums are left empty: servers say the sizes, and most publish lists of checksums.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from regtrack.fetch.sources import BUILT_IN, COLUMNS, WHOLE
from regtrack.labels.manifest import marker_names

Row = dict[str, str]

UCSC = ("https://hgdownload.soe.ucsc.edu", "https://hgdownload2.soe.ucsc.edu")
ZENODO = "https://zenodo.org/record/2214970/files/chromatin_profiles.tar.gz"
GENCODE = "https://ftp.ebi.ac.uk/pub/databases/gencode/Gencode_human"
BLACKLIST = "https://raw.githubusercontent.com/Boyle-Lab/Blacklist/master/lists"

CITATIONS = {
    "encode": "ENCODE Project Consortium 2012, doi:10.1038/nature11247",
    "roadmap": "Roadmap Epigenomics Consortium 2015, doi:10.1038/nature14248",
    "ucsc": "UCSC Genome Browser, doi:10.1101/gr.229102",
    "gencode": "GENCODE, Frankish et al. 2019, doi:10.1093/nar/gky955",
    "blacklist": "Amemiya et al. 2019, doi:10.1038/s41598-019-45839-z",
    "crg": "Derrien et al. 2012, doi:10.1371/journal.pone.0030377",
    "umap": "Karimzadeh et al. 2018, doi:10.1093/nar/gky677",
}

CHROMS = [*(f"chr{number}" for number in range(1, 23)), "chrX", "chrY", "chrM"]
STARTER_CHROMS = {"chr21", "chr22"}
RELEASES = {"hg19": "19", "hg38": "49"}  # of GENCODE
MAPPABILITY = {
    "hg19": (
        "goldenPath/hg19/encodeDCC/wgEncodeMapability", "wgEncodeCrgMapabilityAlign36mer.bigWig",
    ),
    "hg38": ("gbdb/hg38/hoffmanMappability", "k36.Umap.MultiTrackMappability.bw"),
}  # fmt: skip


def ucsc(folder: str, name: str) -> str:
    """A file of UCSC on each of its download servers."""
    return " ".join(f"{server}/{folder}/{name}" for server in UCSC)


STARTER = (
    *(f"{cell}_DNase" for cell in (
        "GM12878", "K562", "HepG2", "H1-hESC", "A549", "HUVEC", "NHEK", "HSMM",
    )),
    *(f"{cell}_CTCF" for cell in ("GM12878", "K562", "HepG2", "H1-hESC")),
    "GM12878_Rad21", "GM12878_Pol2", "K562_GATA1", "HepG2_FOXA1",
    *(f"K562_{mark}" for mark in ("H3K4me3", "H3K27ac", "H3K4me1", "H3K36me3")),
    *(f"H1-hESC_{mark}" for mark in ("H3K4me3", "H3K27ac", "H3K27me3", "H3K36me3")),
)  # fmt: skip


def peaks(manifest: Path) -> Iterator[Row]:
    """The 919 peak files, in the order of the manifest."""
    with manifest.open(newline="") as file:
        rows = [
            {**row, "line": str(number), "name": "", "treatment": _given(row["treatment"])}
            for number, row in enumerate(csv.DictReader(file, delimiter="\t"), 2)
        ]
    names = marker_names(manifest, rows)
    missing = set(STARTER) - set(names)
    if missing:
        sys.exit(f"{manifest} lacks markers of the starter: {', '.join(sorted(missing))}")
    for row, name in zip(rows, names, strict=True):
        folder, _, file_name = row["url"].partition("://")[2].partition("/")[2].rpartition("/")
        roadmap = "egg2" in row["url"]
        servers = row["url"] if roadmap else ucsc(folder, file_name)
        yield {
            "collections": "encode-919 starter" if name in STARTER else "encode-919",
            "file": f"peaks/{file_name}",
            "urls": f"{servers} {ZENODO}#{file_name}",
            "checksum_list": "" if roadmap else f"{UCSC[0]}/{folder}/md5sum.txt",
            "assembly": "hg19",
            "name": name,
            **{column: row[column] for column in ("category", "biosample", "target", "treatment")},
            "citation": CITATIONS["roadmap" if roadmap else "encode"],
        }


def _given(treatment: str) -> str:
    return "" if treatment == "None" else treatment


def references() -> Iterator[Row]:
    """Each assembly as a whole, and its chromosomes."""
    for assembly in ("hg19", "hg38"):
        base = f"goldenPath/{assembly}"
        common = {"assembly": assembly, "citation": CITATIONS["ucsc"]}
        yield common | {
            "collections": assembly,
            "urls": ucsc(f"{base}/bigZips", f"{assembly}.2bit"),
            "checksum_list": f"{UCSC[0]}/{base}/bigZips/md5sum.txt",
            "chrom": WHOLE,
        }
        for chrom in CHROMS:
            starter = assembly == "hg19" and chrom in STARTER_CHROMS
            yield common | {
                "collections": f"{assembly} starter" if starter else assembly,
                "file": f"{assembly}.{chrom}.fa.gz",
                "urls": ucsc(f"{base}/chromosomes", f"{chrom}.fa.gz"),
                "checksum_list": f"{UCSC[0]}/{base}/chromosomes/md5sum.txt",
                "chrom": chrom,
            }


def guides() -> Iterator[Row]:
    """Genes, regions to exclude and mappability of both assemblies."""
    for assembly, release in RELEASES.items():
        folder = f"{GENCODE}/release_{release}"
        yield {
            "collections": "genes starter" if assembly == "hg19" else "genes",
            "urls": f"{folder}/gencode.v{release}.annotation.gtf.gz",
            "checksum_list": f"{folder}/MD5SUMS",
            "assembly": assembly,
            "citation": CITATIONS["gencode"],
        }
        yield {
            "collections": "blacklist starter" if assembly == "hg19" else "blacklist",
            "urls": f"{BLACKLIST}/{assembly}-blacklist.v2.bed.gz",
            "assembly": assembly,
            "citation": CITATIONS["blacklist"],
        }
        where, name = MAPPABILITY[assembly]
        listed = f"{UCSC[0]}/{where}/md5sum.txt" if assembly == "hg19" else ""
        yield {
            "collections": "mappability",
            "file": f"{assembly}.{name}",
            "urls": ucsc(where, name),
            "checksum_list": listed,
            "assembly": assembly,
            "citation": CITATIONS["crg" if assembly == "hg19" else "umap"],
        }


def main() -> None:
    """Write the table."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with BUILT_IN.open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n", restval="")
        rows.writeheader()
        rows.writerows(peaks(Path(sys.argv[1])))
        rows.writerows(references())
        rows.writerows(guides())


if __name__ == "__main__":
    main()
