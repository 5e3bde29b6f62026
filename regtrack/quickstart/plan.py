"""What a quickstart does, of which files, and which of its steps are done."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from regtrack.errors import FetchError, OutputError, RecordError, invalid, nearest
from regtrack.files.records import check_seal, read_record
from regtrack.frozen import take_names, take_paths
from regtrack.tracks.sweep_record import SWEEP_FILE
from regtrack.training.config import TrainingConfig
from regtrack.training.recipes import RECIPES
from regtrack.training.run import RunFolder

STARTER = "starter"
RECORD = "quickstart.json"
FORMAT, VERSION = "regtrack quickstart", 1
CHROM = "chr22"
# max pooling fills the gaps between DILATED's dilations, all multiples of 3 (docs/models.md)
MODELS: dict[str, dict[str, Any]] = {
    "cnn7": {}, "dilated": {"pooling": "max"}, "bi-lstm": {}, "hybrid": {},
}  # fmt: skip

EPOCHS = 4
A_MINUTE = 300  # windows of 25 kb and 24 markers that any of these trains on, on two cores
_RECIPE, _ = RECIPES["standard"]


@dataclass(frozen=True, kw_only=True)
class QuickstartRequest:
    """What a quickstart does.

    Attributes:
        out: the folder of everything.
        files: a folder with the files, instead of fetching: see `find_files`; None: fetch.
        sources: a table of sources whose `starter` is fetched; None: the built-in one.
        models: to train, of `MODELS`.
        minutes: of training per network, on two cores.
        track_chrom: whose tracks are written; None: chr22, or the last one of a genome without it.

    Raises:
        OutputError: an unknown network, or minutes that are not positive.
    """

    out: Path
    files: Path | None = None
    sources: Path | None = None
    models: tuple[str, ...] = tuple(MODELS)
    minutes: float = 3.0
    track_chrom: str | None = None

    def __post_init__(self) -> None:
        take_paths(self, "out", "files", "sources")
        take_names(self, "models")
        for name in self.models:
            if name not in MODELS:
                expected = f"some of {', '.join(MODELS)}{nearest(name, MODELS)}"
                raise OutputError(invalid("models", name, expected))
        if not (self.models and 0 < self.minutes < math.inf):
            raise OutputError(invalid("minutes", self.minutes, "more than 0"))

    def to_dict(self) -> dict[str, Any]:
        """What determines the outcome, as JSON-serialisable values."""
        values = {name: value for name, value in asdict(self).items() if name != "out"}
        return {
            name: str(value) if isinstance(value, Path) else value for name, value in values.items()
        } | {"models": list(self.models)}

    @property
    def inputs(self) -> Path:
        """The folder of the files."""
        return self.files or self.out / STARTER

    @property
    def data(self) -> Path:
        """The dataset."""
        return self.out / "data"

    @property
    def scores(self) -> Path:
        """The evaluation."""
        return self.out / "scores"

    def run(self, model: str) -> RunFolder:
        """The training run of a network."""
        return RunFolder(self.out / "models" / model)

    def tracks(self, model: str) -> Path:
        """The sweep of a network."""
        return self.out / "tracks" / model

    @property
    def windows(self) -> int:
        """Training windows per epoch."""
        return max(_RECIPE.batch_size, round(A_MINUTE * self.minutes / EPOCHS))

    @property
    def config(self) -> TrainingConfig:
        """How each network is trained: with the standard recipe, on a few windows."""
        return replace(_RECIPE, epochs=EPOCHS, epoch_windows=self.windows)


@dataclass(frozen=True)
class Step:
    """A step of a quickstart.

    Attributes:
        what: it does.
        path: of its output.
        done: whether that is there.
    """

    what: str
    path: Path
    done: bool


@dataclass(frozen=True)
class Files:
    """The files of a quickstart.

    Attributes:
        reference: FASTA.
        markers: the markers table.
        exclude: BED of regions to exclude, if there is one.
        genes: GTF, if there is one.
    """

    reference: Path
    markers: Path
    exclude: Path | None
    genes: Path | None


def find_files(folder: Path) -> Files:
    """The files of a folder: one FASTA, markers.tsv, perhaps a blacklist and a GTF.

    Raises:
        FetchError: no FASTA or table, or several FASTAs.
    """
    references = [
        path for ending in ("fa", "fasta") for glob in (f"*.{ending}", f"*.{ending}.gz")
        for path in sorted(folder.glob(glob))
    ]  # fmt: skip
    if len(references) != 1 or not (folder / "markers.tsv").is_file():
        found = ", ".join(path.name for path in references) or "none"
        raise FetchError(
            f"{folder} has {'a' if (folder / 'markers.tsv').is_file() else 'no'} markers.tsv and "
            f"as FASTA {found}; expected markers.tsv and one .fa or .fa.gz, or leave `files` out "
            "to fetch them"
        )
    exclude, genes = (
        next((path for glob in globs for path in sorted(folder.glob(glob))), None)
        for globs in (("*blacklist*.bed*", "exclude*.bed*"), ("*.gtf", "*.gtf.gz"))
    )
    return Files(references[0], folder / "markers.tsv", exclude, genes)


def plan_quickstart(request: QuickstartRequest) -> tuple[Step, ...]:
    """The steps of a quickstart, and which are done; nothing is written.

    Raises:
        FetchError: `files` lacks a file.
        OutputError: `out` holds a quickstart with other settings, or something else.
    """
    if request.files is not None:
        find_files(request.files)
    _check_same(request)
    given = request.files is not None
    there = given or (request.inputs / "markers.tsv").exists()
    steps = [Step("files, given" if given else "files, fetched", request.inputs, there)]
    steps += [Step("dataset, windows of 25 kb", request.data, request.data.exists())]
    what = f"trained on {EPOCHS} x {request.windows:,} windows"
    steps += [
        Step(f"{name}, {what}", run.path, run.finished)
        for name in request.models
        for run in [request.run(name)]
    ]
    steps += [Step("scores on the test split", request.scores, request.scores.exists())]
    place = request.track_chrom or ("one chromosome" if given else CHROM)
    return (
        *steps,
        *(
            Step(f"tracks of {name} along {place}", path, (path / SWEEP_FILE).exists())
            for name in request.models
            for path in [request.tracks(name)]
        ),
    )


def _check_same(request: QuickstartRequest) -> None:
    record, out = request.out / RECORD, request.out
    if not record.exists():
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise OutputError(f"{out} exists and is no quickstart; name another `out`")
        return
    try:
        content = read_record(record)
        check_seal(content)
        found = dict(content["request"])
    except (RecordError, KeyError, TypeError, ValueError) as error:
        raise OutputError(f"{record} cannot be read ({error}); name another `out`") from error
    now = request.to_dict()
    differing = [f"`{name}` {found.get(name)} there and {now[name]} now"
                 for name in now if found.get(name) != now[name]]  # fmt: skip
    if differing:
        raise OutputError(
            f"{out} holds a quickstart with other settings: {'; '.join(differing)}; name another "
            "`out`, or give the same settings to resume"
        )
