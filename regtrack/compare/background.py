"""A value that a background thread computes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from regtrack.errors import RegtrackError

_Found = TypeVar("_Found")


class Later(Generic[_Found]):
    """A value that a background thread computes, starting at once.

    Args:
        make: computes the value.

    Attributes:
        value: the result; None until it is computed, or if that failed.
        error: why it failed, in one line; None otherwise.
    """

    def __init__(self, make: Callable[[], _Found]) -> None:
        self.value: _Found | None = None
        self.error: str | None = None
        self._make = make
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self, seconds: float | None = None) -> _Found | None:
        """Wait for the value, at most so many seconds; None if it is not computed by then."""
        self._thread.join(seconds)
        return self.value

    def _run(self) -> None:
        try:
            self.value = self._make()
        except RegtrackError as error:
            self.error = str(error)
