"""The tables of thresholds of the checkpoint that made some tracks, if they belong together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from regtrack.checkpoint_header import CheckpointFile, checkpoint_file, read_checkpoint_file
from regtrack.errors import CheckpointError, TrackError
from regtrack.measures.thresholds import ThresholdTable
from regtrack.tracks.catalog import ModelTracks

INSTEAD = "give a `threshold`"


def find_tables(
    model: ModelTracks, checkpoint: str | Path | None = None, *, instead: str = INSTEAD
) -> Mapping[str, ThresholdTable]:
    """The tables of a sweep's markers, by name.

    Args:
        model: the sweep.
        checkpoint: the checkpoint that made it; None: the one that it names.
        instead: what a user can do who needs no tables, for messages.

    Raises:
        TrackError: its values are not such as the tables are of: logits, means of both strands, or
            of a network that is not calibrated.
        CheckpointError: the checkpoint is not there, or it is another, or of another calibration.
    """
    _check_values(model, instead)
    made_by = model.record.checkpoint
    assert made_by.calibration is not None
    file = _checkpoint(model, checkpoint)
    header = file.header
    if file.weights != made_by.weights:
        raise CheckpointError(_other(model, file))
    assert header.calibration is not None
    tables = (one.thresholds for one in header.calibration.markers)
    return dict(zip((marker.name for marker in header.markers), tables, strict=True))


def _check_values(model: ModelTracks, instead: str) -> None:
    """Refuse tracks whose values no table is of."""
    kinds = {track.kind for track in model.tracks}
    if kinds != {"scores"}:
        raise TrackError(
            f"{model.folder} holds {' and '.join(sorted(kinds))}, and tables of thresholds are of "
            f"scores; predict scores, or {instead}"
        )
    if model.record.checkpoint.calibration is None:
        raise TrackError(
            f"there is no table of thresholds for {model.folder}, which a network made that is not "
            "calibrated; run regtrack calibrate on its checkpoint and predict with the result, or "
            f"{instead}"
        )
    if model.record.plan.both_strands:
        raise TrackError(
            f"{model.folder} holds means of both strands, and the table of thresholds is of one; "
            f"predict without `reverse_complement`, or {instead}"
        )


def _checkpoint(model: ModelTracks, given: str | Path | None) -> CheckpointFile:
    named = model.record.checkpoint.path
    if given is not None:
        return read_checkpoint_file(checkpoint_file(given))
    if named is None or not Path(named).is_file():
        where = "a file that is not named" if named is None else named
        raise CheckpointError(
            f"the checkpoint that made {model.folder}, {where}, is not there; give it as "
            "`checkpoint`"
        )
    return read_checkpoint_file(named)


def _other(model: ModelTracks, file: CheckpointFile) -> str:
    """Why a checkpoint is not the one that made a sweep."""
    made_by = model.record.checkpoint.calibration or {}
    calibration = file.header.calibration
    if calibration is None:
        found = "is not calibrated, while the one that made the tracks was"
    elif calibration.weights == made_by.get("weights_before"):
        found = "is another calibration of the network that made the tracks"
    else:
        found = "is another network than the one that made the tracks"
    return (
        f"{file.path} {found}, so that its thresholds do not hold for {model.folder}; give the "
        "checkpoint that made them, or predict again with this one"
    )
