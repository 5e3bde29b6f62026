"""The exceptions of regtrack: one tree, each message one line that a user can act on.

A message says what was found, what was expected and what to do. The command line prints it and
exits with status 2; a traceback means a bug in regtrack.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from itertools import islice

_LONGEST = 80  # letters of a value in a message
_OVERLONG = re.compile(r'[^\s/"]{256,}')  # a file's name has at most 255 bytes
_WORKERS = 1_024
_COMPARED = 2_000  # names that are compared with a wrong one: the first, at 70 microseconds each


class RegtrackError(Exception):
    """An error that the user can fix: bad input, a conflict of files, a full disk.

    Args:
        message: one line; of what it holds of other people's files, control characters are
            escaped and overlong words cut.
    """

    def __init__(self, message: str) -> None:
        super().__init__(harmless(_OVERLONG.sub(_cut, message)))


class RegionError(RegtrackError):
    """An invalid region or interval, or one outside the assembly."""


class AssemblyError(RegtrackError):
    """Chromosome names or lengths that do not match."""


class FastaError(RegtrackError):
    """A FASTA that cannot be read as a reference."""


class PeakFileError(RegtrackError):
    """A peak or BED file with content that is not a peak."""


class GrammarError(RegtrackError):
    """A grammar that cannot be read, or that does not fit into any sequence."""


class MarkerError(RegtrackError):
    """A markers table that cannot be read, or a marker that does not exist."""


class DatasetError(RegtrackError):
    """A dataset that cannot be built, is incomplete, or does not fit the request."""


class CheckpointError(RegtrackError):
    """A checkpoint that cannot be read or does not fit the request."""


class NetworkError(RegtrackError):
    """A network whose description or outputs contradict each other, or whose own code raises."""


class TrainingError(RegtrackError):
    """A training run that cannot start or resume."""


class DivergedError(TrainingError):
    """A training whose loss is no longer finite."""


class SearchError(RegtrackError):
    """A search that cannot start or be joined, or a search space that no network has."""


class PlanError(RegtrackError):
    """A sweep that cannot be planned, resumed or joined as requested."""


class ChangedError(RegtrackError):
    """An input that was changed or replaced while it was in use."""


class ClusterError(RegtrackError):
    """A Dask cluster that does not answer or is lost, or whose workers have other files."""


class DeviceError(RegtrackError):
    """A network that cannot run as requested: unknown device or precision, no compiler, in use."""


class OutOfMemoryError(RegtrackError):
    """Too little memory for the data to compute or keep at once."""


class SequenceError(RegtrackError):
    """A sequence that is not DNA, or a missing sequence."""


class SaliencyError(RegtrackError):
    """A saliency request without a valid method, sequence, region or output."""


class MissingPackageError(RegtrackError):
    """An optional package that is needed but not installed."""


class TrackError(RegtrackError):
    """Values that cannot be stored in a track, or a track that cannot be read."""


class RecordError(RegtrackError):
    """A JSON record that is not what regtrack wrote; rooms turn it into an error of their own."""


class FetchError(RegtrackError):
    """Public data that cannot be fetched: an unknown name, a broken table, no network."""


class OutputError(RegtrackError):
    """An output that exists already, cannot be written, or does not fit on the disk."""


def harmless(text: str) -> str:
    r"""A text without control characters, which are escaped.

    >>> harmless("a\x1b[31m")
    'a\\x1b[31m'
    """
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def _cut(word: re.Match[str]) -> str:
    return f"{word[0][:_LONGEST]}..."


def _escape(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":  # a byte of a file name that is not UTF-8
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode("ascii")


def quoted(text: str) -> str:
    """A name or value in quotation marks, cut to a readable length.

    >>> quoted("CTCF")
    '"CTCF"'
    """
    return f'"{text}"' if len(text) <= _LONGEST else f'"{text[:_LONGEST]}..."'


def invalid(name: str, value: object, expected: str, unit: str = "") -> str:
    """The message for a parameter with an invalid value, the same for all parameters.

    Args:
        name: of the parameter.
        value: as given.
        expected: what is valid.
        unit: of a number.

    >>> invalid("window", -5_000, "at least 1", "bp")
    '`window` is -5,000 bp; expected at least 1'
    >>> invalid("precision", "fp16", "fp32 or bf16")
    '`precision` is "fp16"; expected fp32 or bf16'
    """
    if isinstance(value, str):
        shown = quoted(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        shown = f"{value:,}" if isinstance(value, int) else f"{value:g}"
    else:
        shown = str(value)
    return f"`{name}` is {shown}{unit and ' ' + unit}; expected {expected}"


def check_seed(seed: int, error: type[RegtrackError]) -> None:
    """Refuse a seed that a generator, or a record of what was done, cannot take.

    Args:
        seed: of any random choice.
        error: what to raise.

    Raises:
        RegtrackError: of the class `error`: a seed below 0, or of 2^63 or more.
    """
    if not 0 <= seed < 2**63:
        raise error(invalid("seed", seed, "0 or more and below 2^63"))


def check_workers(workers: int, error: type[RegtrackError]) -> None:
    """Refuse a number of reading processes that no machine runs.

    Args:
        workers: number of processes; 0: none.
        error: what to raise.

    Raises:
        RegtrackError: of the class `error`: below 0 or above 1,024.
    """
    if not 0 <= workers <= _WORKERS:
        raise error(invalid("workers", workers, f"0 to {_WORKERS:,}"))


def nearest(name: str, candidates: Iterable[str], count: int = 3) -> str:
    """The candidates most similar to a name, as the end of an error message.

    Returns:
        ``. Did you mean "CTCF"?``, which ends the sentence before it, or an empty string if none is
        similar: a message of one sentence has no final full stop.

    >>> nearest("CTFC", ["CTCF", "EBF1"])
    '. Did you mean "CTCF"?'
    """
    lower = {candidate.lower(): candidate for candidate in islice(candidates, _COMPARED)}
    close = difflib.get_close_matches(name.lower(), lower, n=count, cutoff=0.6)
    if not close:
        return ""
    return ". Did you mean " + " or ".join(f'"{lower[match]}"' for match in close) + "?"
