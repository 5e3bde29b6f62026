"""Optuna: the study that all processes share, and what it suggests and prunes."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
import sqlalchemy.exc
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from regtrack.errors import MissingPackageError, SearchError
from regtrack.files.shown import shown
from regtrack.search.request import SearchPlan
from regtrack.search.space import Choices, Space, to_json_text

REQUEST = "regtrack"  # the attribute of a study that says what is searched
_FEW = 4  # finished trials that importances need


def open_study(
    journal: Path,
    storage: str | None,
    name: str,
    request: Mapping[str, Any],
    *,
    first: Mapping[str, Any] | None,
) -> Study:
    """The study with a name, which is created if there is none.

    Args:
        journal: the file of a study that has no `storage`.
        storage: a database, as SQLAlchemy names it.
        name: of the study.
        request: what is searched, JSON-serialisable.
        first: the settings of the first trial of a new study; None: the sampler chooses.

    Raises:
        SearchError: the storage cannot be used, or holds a study of the same name that searches
            something else.
        MissingPackageError: the database's driver is not installed.
    """
    with quiet_optuna(), storage_errors(storage or str(journal)):
        kept = _storage(journal, storage)
        study = optuna.create_study(
            storage=kept, study_name=name, direction="maximize", load_if_exists=True
        )
        found = study.user_attrs.get(REQUEST)
        if found is None:
            study.set_user_attr(REQUEST, request)
            if first is not None:
                study.enqueue_trial({name: _stored(value) for name, value in first.items()})
        else:
            _check_same(name, found, request)
        return study


def check_storage(storage: str, name: str, request: Mapping[str, Any]) -> None:
    """Refuse a database that a study cannot be in, without writing to it.

    Args:
        storage: as for `open_study`, like what follows it.
        name: of the study.
        request: what is searched.

    Raises:
        SearchError, MissingPackageError: see `open_study`.
    """
    with quiet_optuna(), storage_errors(storage):
        engine = sqlalchemy.create_engine(storage)
        try:
            if engine.dialect.name == "sqlite" and not _has_file(storage, engine.url.database):
                return
            tables = sqlalchemy.inspect(engine).get_table_names()
        finally:
            engine.dispose()
        if not {"studies", "version_info"} <= set(tables):
            return  # Optuna creates its tables
        for study in RDBStorage(storage).get_all_studies():
            if study.study_name == name and REQUEST in study.user_attrs:
                _check_same(name, study.user_attrs[REQUEST], request)


def _has_file(storage: str, database: str | None) -> bool:
    """Whether a file of SQLite exists, which else is created by the first one that connects.

    Raises:
        SearchError: it can be neither created nor written.
    """
    if not database or database == ":memory:" or database.startswith("file:"):
        return False
    path = Path(database)
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise SearchError(
            f"the study in {storage} cannot be used: unable to open database file; name one in a "
            "folder that exists and can be written"
        )
    return path.exists()


def _check_same(name: str, found: Mapping[str, Any], request: Mapping[str, Any]) -> None:
    """Refuse a study of another request.

    Raises:
        SearchError: it is one.
    """
    if different := differences(found, request):
        raise SearchError(
            f"the study {name} searches something else: {'; '.join(different)}. Name another "
            "folder or `study`, or request the same"
        )


def differences(found: Mapping[str, Any], request: Mapping[str, Any]) -> list[str]:
    """What differs between two requests, as text."""
    there, now = (_flat(json.loads(json.dumps(one))) for one in (found, request))
    pairs = {name: (there.get(name, "not set"), now.get(name, "not set")) for name in there | now}
    return [
        f"{name} {shown(old)} there and {shown(new)} now"
        for name, (old, new) in pairs.items()
        if old != new
    ]


def _flat(request: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a request with dotted names: `config.epochs`, 30."""
    return {
        name if inner is None else f"{name}.{inner}": value if inner is None else value[inner]
        for name, value in request.items()
        for inner in (value if isinstance(value, dict) else [None])
    }


def _storage(journal: Path, url: str | None) -> BaseStorage:
    if url is None:
        return JournalStorage(JournalFileBackend(str(journal)))
    return RDBStorage(url)


def suggest(trial: optuna.Trial, space: Space) -> dict[str, Any]:
    """The settings of a trial, which the study chooses if they are not there yet."""
    for name, domain in space.searched.items():
        if isinstance(domain, Choices):
            trial.suggest_categorical(name, [_stored(value) for value in domain.values])
        elif domain.whole:
            low, high, step = int(domain.low), int(domain.high), int(domain.step or 1)
            trial.suggest_int(name, low, high, step=step, log=domain.log)
        else:
            trial.suggest_float(name, domain.low, domain.high, step=domain.step, log=domain.log)
    return values_of(space, trial.params)


def _stored(value: Any) -> Any:
    return to_json_text(value) if isinstance(value, tuple) else value


def values_of(space: Space, params: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a trial, from what the study stores."""
    found = {}
    for name, domain in space.searched.items():
        value = params[name]
        if isinstance(domain, Choices):
            value = next(one for one in domain.values if _stored(one) == value)
        found[name] = value
    return found


def make_sampler(plan: SearchPlan, space: Space, number: int) -> optuna.samplers.BaseSampler:
    """What suggests the settings of the next trial.

    Args:
        plan: how to search.
        space: the settings.
        number: of the trials before it, so that each draws other numbers on any machine.
    """
    if plan.sampler == "grid":
        grid = {name: list(domain.grid or ()) for name, domain in space.searched.items()}
        stored = {name: [_stored(value) for value in values] for name, values in grid.items()}
        return optuna.samplers.GridSampler(stored, seed=plan.seed)
    seed = (plan.seed * 1_000_003 + number) % 2**32
    if plan.sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed)


def make_pruner(plan: SearchPlan, epochs: int) -> optuna.pruners.BasePruner:
    """What ends a trial early."""
    if plan.pruner == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=2)
    if plan.pruner == "hyperband":
        return optuna.pruners.HyperbandPruner(
            min_resource=1, max_resource=epochs, reduction_factor=3
        )
    return optuna.pruners.NopPruner()


def importances(study: Study) -> dict[str, float]:
    """How much each setting explains of the scores' variance (fANOVA), the most important first.

    Fractions of 1; empty if too few trials are complete, or if their scores are all the same.
    """
    complete: list[FrozenTrial] = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < _FEW or len({trial.value for trial in complete}) == 1:
        return {}
    with quiet_optuna():
        found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    return {name: float(value) for name, value in found.items()}


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Silence Optuna's log and its notes on what is experimental."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            optuna.logging.set_verbosity(level)


@contextmanager
def storage_errors(name: str) -> Iterator[None]:
    """Turn the errors of a study's storage into one line, without a password in its address.

    Raises:
        SearchError: it cannot be reached, read or written.
        MissingPackageError: the database's driver is not installed.
    """
    place = _without_password(name)
    try:
        yield
    except (sqlalchemy.exc.ArgumentError, sqlalchemy.exc.NoSuchModuleError) as error:
        raise SearchError(
            f"{place} is not the address of a database; expected one as sqlite:///study.db or "
            "postgresql://user@host/name"
        ) from error
    except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        cause = error.__cause__ or error
        why = shown(str(getattr(cause, "orig", None) or cause).splitlines()[0], 200)
        raise SearchError(f"the study in {place} cannot be used: {why}") from error
    except ImportError as error:
        raise MissingPackageError(
            f"{place} needs a driver that is not installed ({shown(error)}); install it with pip"
        ) from error
    except json.JSONDecodeError as error:
        raise SearchError(
            f"{place} is damaged: a line is not JSON ({shown(error)}); remove that line, or name "
            "another folder"
        ) from error


def _without_password(name: str) -> str:
    """An address without the password in it.

    >>> _without_password("postgresql://me:secret@host/db")
    'postgresql://me:***@host/db'
    """
    scheme, mark, rest = name.partition("://")
    user, at, host = rest.rpartition("@")
    if not mark or not at or ":" not in user:
        return name
    return f"{scheme}://{user.split(':')[0]}:***@{host}"
