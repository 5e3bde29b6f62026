"""The network that a command is given: a checkpoint, or the function that makes one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from regtrack.errors import NetworkError

if TYPE_CHECKING:
    from regtrack.network_name import NetworkName
    from regtrack.predict.named import NetworkSource

_OF_NETWORK = "--network-set is for --network, which was not given; omit it"


def given_networks(
    checkpoints: Sequence[Path] | None, network: str, settings: Sequence[str] | None
) -> Path | NetworkSource | tuple[Path, ...]:
    """What CHECKPOINT..., --network and --network-set name; see `given_network`."""
    first = given_network(checkpoints[0] if checkpoints else None, network, settings)
    return first if checkpoints is None or len(checkpoints) == 1 else tuple(checkpoints)


def compared_networks(
    checkpoints: Sequence[Path] | None, network: str, settings: Sequence[str] | None
) -> tuple[Path | NetworkSource, ...]:
    """What CHECKPOINT..., --network and --network-set name, next to each other.

    Raises:
        NetworkError: none, or arguments of no function.
    """
    if checkpoints and not network:
        return tuple(given_network(one, network, settings) for one in checkpoints)
    return (*(checkpoints or ()), given_network(None, network, settings))


def given_network(
    checkpoint: Path | None, network: str, settings: Sequence[str] | None
) -> Path | NetworkSource:
    """What CHECKPOINT, --network and --network-set name.

    Raises:
        NetworkError: both, neither, or arguments of no function.
    """
    from regtrack.predict.named import NetworkSource

    if checkpoint is None and network:
        return NetworkSource(network, settings or ())
    if checkpoint is None or network:
        found = "neither" if checkpoint is None else "both"
        raise NetworkError(f"found {found} of CHECKPOINT and --network; expected one of them")
    if settings:
        raise NetworkError(_OF_NETWORK)
    return checkpoint


def named_network(network: str, settings: Sequence[str] | None) -> tuple[NetworkName, ...]:
    """What --network and --network-set name, without torch; nothing if nothing is named.

    Raises:
        NetworkError: arguments of no function.
    """
    from regtrack.network_name import NetworkName

    if network:
        return (NetworkName(network, settings or ()),)
    if settings:
        raise NetworkError(_OF_NETWORK)
    return ()
