"""Networks with another description than their own."""

from __future__ import annotations

from regtrack.predict.one_hot import Wrapped


class Redescribed(Wrapped):
    """A network with another description than its own.

    Args:
        network: which is not copied.
        description: what is said of it instead.
    """
