"""Scripts from npm that the page uses if they are installed; regtrack does not include them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from regtrack.errors import RegtrackError

# where `make igv` puts them in a source checkout
_MODULES = Path(__file__).parents[1] / "npm" / "node_modules"


@dataclass(frozen=True)
class NpmScript:
    """A script, and where it may be.

    Attributes:
        name: of the file.
        folder: of npm's package, where the file is.
        variable: environment variable that names another file.
    """

    name: str
    folder: str
    variable: str

    def find(self) -> Path | None:
        """The file; None if it is not installed.

        It is the one that the variable names; else that in the folder regtrack of the user's data
        (XDG_DATA_HOME, by default ~/.local/share); else that of `make igv` in a source checkout.

        Raises:
            RegtrackError: the variable names a file that does not exist.
        """
        if named := os.environ.get(self.variable):
            path = Path(named).expanduser()
            if not path.is_file():
                raise RegtrackError(
                    f"no file at {path}, which {self.variable} names; expected {self.name}"
                )
            return path.resolve()
        data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        places = (Path(data) / "regtrack" / self.name, _MODULES / self.folder / self.name)
        return next((path for path in places if path.is_file()), None)
