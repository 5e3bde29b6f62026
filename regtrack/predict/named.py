"""Networks that a user names: a function that makes one, with its settings.

Nothing is imported because a file says so: only the function that the user names, or the entry
point of an installed package in the group `regtrack.networks`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from regtrack.errors import NetworkError, nearest
from regtrack.files.shown import shown
from regtrack.network_name import NetworkName
from regtrack.predict.adapter_errors import adapter_errors
from regtrack.predict.foreign import ForeignNetwork
from regtrack.predict.importing import as_function, imported
from regtrack.predict.saved import load_tensors, write_network
from regtrack.saved_network import read_saved

GROUP = "regtrack.networks"


@dataclass(frozen=True)
class NetworkSource(NetworkName):
    """A function that makes a network, by name, and what it is given.

    Attributes:
        function: `package.module:function`, or the name of an entry point of `regtrack.networks`.
        settings: `name=value`, or several, passed by keyword; a value is JSON, or else text.
        checkpoint: a file of `save_network` that names the same function: its weights are loaded,
            and its settings are used where none is given.

    Raises:
        NetworkError: a setting that is not of this form, or a name that is given twice.
    """

    def make(self) -> ForeignNetwork:
        """Import the function and call it.

        Raises:
            NetworkError: there is no such function, it raises, or it returns something else; or a
                `checkpoint` that names another function, or has other weights.
        """
        saved = None if self.checkpoint is None else read_saved(self.checkpoint)
        if saved is not None and saved.function != self.function:
            raise NetworkError(
                f"{self.checkpoint} was made by {shown(saved.function)}, and {self.function} was "
                "named; name the function that made it"
            )
        settings = (saved.settings if saved else {}) | self.keywords
        function = self._function()
        with adapter_errors(self.function):
            made = function(**settings)
        if not hasattr(made, "description"):
            raise NetworkError(
                f"{self.function} returns a value of type {type(made).__name__}; expected a "
                "torch.nn.Module with a description, such as regtrack.as_network makes"
            )
        found = ForeignNetwork.of(made, {"function": self.function, "settings": settings})
        if self.checkpoint is not None and saved is not None:
            load_tensors(found.model.network, self.checkpoint, saved)
        return found

    def _function(self) -> Callable[..., Any]:
        if ":" in self.function:
            return imported(self.function)
        with adapter_errors(self.function):
            return as_function(self.function, _entry_point(self.function).load())


def save_network(
    path: str | Path,
    source: NetworkSource,
    *,
    without: Sequence[str] | str = (),
    overwrite: bool = False,
) -> None:
    """Write a network of your own to a file that names what made it.

        source = regtrack.NetworkSource("my_networks:splicing", "weights=w.pt")
        regtrack.save_network("splicing.safetensors", source, without="weights")

    It is loaded where the function is named as well: `NetworkSource(function, checkpoint=path)`.

    Args:
        path: the file to write, created only on success.
        source: makes the network, whose weights are written.
        without: settings that the function does not need to make the network without its weights.
        overwrite: replace a file.

    Raises:
        NetworkError: as `NetworkSource.make`, or `without` names no setting.
        OutputError: `path` exists and `overwrite` is off, or it cannot be written.
    """
    names = (without,) if isinstance(without, str) else without
    write_network(path, source.make(), without=names, overwrite=overwrite)


def _entry_point(name: str) -> EntryPoint:
    """The entry point of an installed package.

    Raises:
        NetworkError: none has the name, or several have.
    """
    group = entry_points(group=GROUP)
    found = [point for point in group if point.name == name]
    if len(found) != 1:
        known = sorted({point.name for point in group})
        there = f"the installed packages name {', '.join(known)}" if known else "none is installed"
        raise NetworkError(
            f'{"several networks are" if found else "no network is"} called "{shown(name)}": '
            f"{there}; expected one of those, or package.module:function{nearest(name, known)}"
        )
    return found[0]
