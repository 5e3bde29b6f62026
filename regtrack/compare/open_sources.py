"""Open tracks, labels and related files, and check that they fit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from regtrack.compare.annotations import is_annotation, open_annotations
from regtrack.compare.background import Later
from regtrack.compare.checkpoints import match_checkpoints
from regtrack.compare.inputs import Inputs
from regtrack.compare.labels import DatasetLabels, PeakLabels, bed_marker
from regtrack.compare.naming import called
from regtrack.compare.sequence import Letters
from regtrack.compare.sources import Sources
from regtrack.dataset.store import Dataset
from regtrack.errors import AssemblyError, MarkerError
from regtrack.files.shown import listed
from regtrack.genome.agreement import compare_assemblies
from regtrack.genome.assembly import Assembly
from regtrack.genome.fasta_form import check_fasta
from regtrack.labels.manifest import MarkerFile, read_markers
from regtrack.network_name import NetworkName
from regtrack.tracks.build_catalog import build_catalog
from regtrack.tracks.catalog import Catalog
from regtrack.tracks.genes import Genes
from regtrack.tracks.gtf import check_genes, read_genes
from regtrack.tracks.pool import ReaderPool


def open_sources(
    paths: Sequence[str | Path],
    *,
    labels: str | Path | None = None,
    genes: str | Path | None = None,
    checkpoints: Sequence[str | Path | NetworkName] = (),
    reference: str | Path | None = None,
    names: Mapping[str | Path, str] | None = None,
) -> Sources:
    """Open tracks and the files they are compared with, and check at once that all fit together.

    Args:
        paths: folders of `predict-genome` or `saliency-tracks`, bigWigs, and folders with any of
            these at any depth; BED, peak and VCF files are read in the background, to be shown
            beside the tracks.
        labels: a dataset, a markers table (.tsv), or one BED with the labels of every marker.
        genes: a GTF, plain or gzip; read in the background.
        checkpoints: checkpoints of the models, or folders of runs that contain them, or a
            `NetworkSource` that made a model of the user's own.
        reference: a FASTA; default: the one that a sweep names, if it exists.
        names: of models, by their path among `paths`; default: those of their networks.

    Raises:
        RegtrackError: a file is missing, cannot be read, or does not fit the others.
    """
    return open_inputs(
        Inputs(tuple(paths), labels, genes, reference, names or {}, tuple(checkpoints))
    )


def open_inputs(inputs: Inputs) -> Sources:
    """As `open_sources`, which raises the same errors, of files named by one value."""
    labels, genes, reference = (
        None if path is None else Path(path)
        for path in (inputs.labels, inputs.genes, inputs.reference)
    )
    dataset, files = _read_labels(labels)
    known = dataset.markers if dataset else [file.marker for file in files]
    paths = [Path(path) for path in inputs.paths]
    catalog = build_catalog(
        [path for path in paths if not is_annotation(path)],
        known,
        {Path(path): name for path, name in inputs.names.items()},
    )
    bed = None
    if labels is not None and dataset is None and not files:
        bed = labels.resolve()
        if not catalog.markers:
            catalog = replace(catalog, markers=(bed_marker(bed),))
        files = tuple(MarkerFile(marker, bed) for marker in catalog.markers)
    if dataset:
        _check_same_assembly(catalog.assembly, dataset.assembly, dataset.path)
    if genes is not None:
        check_genes(genes)
    fasta = _find_reference(catalog, reference)
    peaks = _open_peaks(files, bed, catalog.assembly) if files else None
    return Sources(
        catalog=catalog,
        pool=ReaderPool(),
        labels=DatasetLabels(dataset) if dataset else peaks,
        dataset=dataset,
        checkpoints=match_checkpoints(catalog.models, inputs.checkpoints),
        reference=fasta,
        letters=Letters(dataset, fasta),
        gene_file=None if genes is None else Later(lambda: _read_genes(genes, catalog.assembly)),
        annotations=open_annotations(
            [path for path in paths if is_annotation(path)],
            catalog.assembly,
            {track.id for track in catalog.tracks},
        ),
        inputs=inputs,
    )


def _read_labels(path: Path | None) -> tuple[Dataset | None, tuple[MarkerFile, ...]]:
    if path is None:
        return None, ()
    if path.is_dir():
        return Dataset.open(path.resolve()), ()
    if path.exists() and not path.is_file():
        raise MarkerError(
            f"{path} is a pipe or a device, and labels are read more than once; save them to a file"
        )
    if not path.is_file():
        raise MarkerError(f"no labels at {path}; expected a dataset, a markers table or a BED")
    if path.suffix.lower() == ".tsv":
        return None, read_markers(path.resolve())
    return None, ()


def _open_peaks(files: Sequence[MarkerFile], alone: Path | None, assembly: Assembly) -> PeakLabels:
    """Labels of peak files; the first file is read now, to refuse files of another kind."""
    peaks = PeakLabels(files, assembly)
    found = peaks.check(files[0].path)
    if alone is not None and not found:
        raise MarkerError(
            f"{alone} has no peak on the tracks, which have {assembly.summary()}; expected a "
            "dataset, a markers table (.tsv) or a BED"
        )
    return peaks


def _read_genes(path: Path, assembly: Assembly) -> Genes:
    with called(path):
        genes = read_genes(path)
        bridge = assembly.bridge(genes.by_chrom, where=path)
        if not bridge:
            raise AssemblyError(
                f"{path} has no gene on the tracks, which have {assembly.summary()}: its genes are "
                f"on {listed(list(genes.by_chrom), 3)}; use genes and tracks of one assembly"
            )
        return genes


def _check_same_assembly(tracks: Assembly, dataset: Assembly, path: Path) -> None:
    found = compare_assemblies(tracks, dataset)
    if not found.same:
        difference = found.difference("the tracks", f"the dataset {path}")
        raise AssemblyError(f"{difference}; use tracks and labels of the same assembly")


def _find_reference(catalog: Catalog, given: Path | None) -> Path | None:
    if given is not None:
        check_fasta(given)
        return given.resolve()
    sweeps = (*catalog.models, *catalog.other_sweeps)
    named = [sweep.record.reference.path for sweep in sweeps]
    there = [Path(path) for path in named if path and Path(path).is_file()]
    return there[0].resolve() if there else None
