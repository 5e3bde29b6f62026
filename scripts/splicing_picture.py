"""The picture of a network that regtrack did not train, beside the genes: docs/networks.md.

Needs Debian's chromium, the weights of OpenSpliceAI (400 nt, as safetensors) and the real sequence
and genes (REGTRACK_REAL_DATA, by default ../shared/data).

    python scripts/splicing_picture.py               # into docs/images
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from screenshots import CHROMIUM, Picture, take

REGION = "chr1:1013400-1014399"  # ISG15: the end of its first exon, and the second one
SWEPT = "chr1:1,012,001-1,016,000"
WIDE = Picture(
    f"region={REGION}&markers=acceptor.plus,donor.plus&panel=saliency&saliency=on&genes=all",
    height=790, ready="#saliency-start",
    start="#saliency-start", done="#saliency-status >> text=Done",
)  # fmt: skip


def main() -> None:
    """Sweep the region, serve it, compute its saliency and take the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images/dashboard-splicing.png"))
    options = parser.parse_args()
    data = Path(os.environ.get("REGTRACK_REAL_DATA", "../shared/data"))
    weights = data / "openspliceai-mane" / "openspliceai-mane-400nt.safetensors"
    place = data / "hg38-chr1-10mb"
    network = [
        "--network", "regtrack.adapters.spliceai:spliceai", "--network-set", f"weights={weights}",
    ]  # fmt: skip
    regtrack = [sys.executable, "-m", "regtrack"]
    reference = ["--reference", str(place / "chr1_hg38_10M.fa.gz")]
    genes = ["--genes", str(place / "genes_ensembl_hg38_chr1_10M.gtf.gz")]
    with tempfile.TemporaryDirectory() as folder:
        tracks = f"{folder}/spliceai"
        sweep = ["predict-genome", *network, *reference, "--out", tracks, "--region", SWEPT]
        subprocess.run([*regtrack, *sweep], check=True)
        command = [*regtrack, "serve", tracks, *genes, *network, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                address = server.stdout.readline().split()[1]
                with sync_playwright() as playwright:
                    browser = playwright.chromium.launch(
                        executable_path=CHROMIUM, args=["--no-sandbox"]
                    )
                    take(browser, address, WIDE, options.out)
                    browser.close()
            finally:
                server.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
