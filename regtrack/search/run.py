"""Search for the best settings of a network: one process of any number that share a study."""

from __future__ import annotations

from pathlib import Path

import torch

from regtrack.dataset.store import Dataset
from regtrack.destination import real_place
from regtrack.progress import SILENT, Progress
from regtrack.search.folder import SearchFolder
from regtrack.search.request import SearchPlan, identity
from regtrack.search.results import SearchResult, keep_best, report
from regtrack.search.space import Space
from regtrack.search.space_file import default_space, read_space
from regtrack.search.study import check_storage, importances, open_study
from regtrack.search.trials import trials_of
from regtrack.search.worker import Board, Worker
from regtrack.training.config import Hardware
from regtrack.training.defaults import recipe as recipe_of
from regtrack.training.fit import check_trainable
from regtrack.training.run import RunFolder
from regtrack.training.start import read_start
from regtrack.training.trainer import check_hardware


def plan_search(
    dataset: Dataset | str | Path,
    out: str | Path,
    *,
    space: Space,
    plan: SearchPlan,
    hardware: Hardware,
    storage: str | None = None,
    study: str | None = None,
) -> int:
    """Refuse a search that cannot start, before anything is written; arguments as for `run_search`.

    Returns:
        The number of trials.

    Raises:
        RegtrackError: see `run_search`.
    """
    dataset = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    wanted = plan.count(space)
    check_trainable(dataset)
    _check_network(space, dataset)
    folder = SearchFolder(real_place(Path(out)))
    request = identity(dataset, space)
    folder.check(request)
    check_hardware(space.config, hardware, RunFolder(folder.path))
    if storage is not None:
        check_storage(storage, _study_name(study, folder), request)
    return wanted


def _study_name(study: str | None, folder: SearchFolder) -> str:
    return study or folder.path.resolve().name


def _check_network(space: Space, dataset: Dataset) -> None:
    """Refuse a network that does not give what the dataset labels, before a folder is made."""
    settings, config = space.trial(space.defaults or {})
    with torch.random.fork_rng(devices=[]):
        read_start(None).network(dataset, space.model, settings, config.seed)


def run_search(
    dataset: Dataset | str | Path,
    out: str | Path,
    *,
    model: str = "dilated",
    space: Space | str | Path | None = None,
    recipe: str = "standard",
    plan: SearchPlan | None = None,
    storage: str | None = None,
    study: str | None = None,
    hardware: Hardware | None = None,
    progress: Progress = SILENT,
    board: Board | None = None,
) -> SearchResult:
    """Train a network with many settings, and keep the one with the best validation PR AUC.

    Any number of processes and machines may make the same call at the same time: they share the
    trials. A trial whose process was killed is resumed by the next process that is free.

    Args:
        dataset: a dataset or its folder.
        out: the folder of the search; `regtrack.search.folder` lists its files.
        model: the network.
        space: what to vary, or a TOML file of it; None: `default_space`.
        recipe: `standard` or `paper`, as of `regtrack.recipe`: how trials are trained, but for what
            the space names.
        plan: how to choose, prune and count trials.
        storage: a database for the study, as `postgresql://user@host/name`; None: a file in `out`.
        study: its name there; None: the name of `out`.
        hardware: where to train; one device per process.
        progress: shows trials, and the bases trained on.
        board: shows the trials so far.

    Raises:
        TrainingError: an unknown recipe.
        SearchError: the space or plan is invalid, `out` or the study are of another search, the
            storage cannot be used, or all trials fail.
        DatasetError: a split without windows or labels, or labels that the network does not give.
        DeviceError: the hardware is not available.
        OutputError: `out` holds other files, or cannot be written.
        KeyboardInterrupt: SIGINT, SIGTERM or SIGHUP arrived; the same call resumes.
    """
    dataset = dataset if isinstance(dataset, Dataset) else Dataset.open(dataset)
    hardware, plan = hardware or Hardware(devices=1), plan or SearchPlan()
    if not isinstance(space, Space):
        space = default_space(model) if space is None else read_space(space, model)
    space = space.with_recipe(recipe_of(dataset, recipe))
    wanted = plan_search(
        dataset, out, space=space, plan=plan, hardware=hardware, storage=storage, study=study
    )
    folder = SearchFolder(real_place(Path(out)))
    request = identity(dataset, space)
    place = folder.start(request)
    name = _study_name(study, folder)
    first = None if plan.sampler == "grid" else space.defaults
    with folder.alone():
        opened = open_study(folder.journal, storage, name, request, first=first)
    worker = Worker(
        dataset, folder, space, plan, hardware, opened, place, storage or str(folder.journal),
        board, progress,
    )  # fmt: skip
    worker.work(wanted)
    with folder.alone(), worker.asking():
        trials = tuple(trials_of(opened, space))
        keep_best(folder, trials, place, plan.keep)
        found = SearchResult(folder.path, name, space, trials, importances(opened))
        return report(folder, found)
