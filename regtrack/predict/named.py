"""Networks that a user names: a function that makes one, with its settings.

Nothing is imported because a file says so: only the function that the user names, or the entry
point of an installed package in the group `regtrack.networks`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from regtrack.errors import NetworkError, nearest
from regtrack.files.shown import shown
from regtrack.network_name import NetworkName
from regtrack.predict.adapter_errors import adapter_errors
from regtrack.predict.foreign import ForeignNetwork
from regtrack.predict.importing import as_function, imported

GROUP = "regtrack.networks"


@dataclass(frozen=True)
class NetworkSource(NetworkName):
    """A function that makes a network, by name, and what it is given.

    Attributes:
        function: `package.module:function`, or the name of an entry point of `regtrack.networks`.
        settings: `name=value`, or several, passed by keyword; a value is JSON, or else text.

    Raises:
        NetworkError: a setting that is not of this form, or a name that is given twice.
    """

    def make(self) -> ForeignNetwork:
        """Import the function and call it.

        Raises:
            NetworkError: there is no such function, it raises, or it returns something else.
        """
        function = self._function()
        with adapter_errors(self.function):
            made = function(**self.keywords)
        if not hasattr(made, "description"):
            raise NetworkError(
                f"{self.function} returns a value of type {type(made).__name__}; expected a "
                "torch.nn.Module with a description, such as regtrack.as_network makes"
            )
        return ForeignNetwork.of(made, {"function": self.function, "settings": self.keywords})

    def _function(self) -> Callable[..., Any]:
        if ":" in self.function:
            return imported(self.function)
        with adapter_errors(self.function):
            return as_function(self.function, _entry_point(self.function).load())


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
