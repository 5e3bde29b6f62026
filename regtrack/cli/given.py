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
    from regtrack.saved_network import names_code

    if checkpoints and not network:
        return tuple(given_network(one, network, settings) for one in checkpoints)
    own = [one for one in checkpoints or () if names_code(one)]
    found = tuple(
        given_network(one, network, settings) if one in own else one for one in checkpoints or ()
    )
    return found if own else (*found, given_network(None, network, settings))


def given_network(
    checkpoint: Path | None, network: str, settings: Sequence[str] | None
) -> Path | NetworkSource:
    """What CHECKPOINT, --network and --network-set name.

    Raises:
        NetworkError: both, neither, or arguments of no function.
    """
    from regtrack.predict.named import NetworkSource
    from regtrack.saved_network import names_code

    if network and (checkpoint is None or names_code(checkpoint)):
        return NetworkSource(network, settings or (), checkpoint)
    if checkpoint is None or network:
        found = "neither" if checkpoint is None else "both"
        raise NetworkError(f"found {found} of CHECKPOINT and --network; expected one of them")
    if settings:
        raise NetworkError(_OF_NETWORK)
    return checkpoint


def swept_networks(
    checkpoints: Sequence[Path] | None, network: str, settings: Sequence[str] | None
) -> tuple[Path | NetworkName, ...]:
    """What --checkpoint, --network and --network-set of `serve` name, without torch.

    Raises:
        NetworkError: arguments of no function.
    """
    from regtrack.network_name import NetworkName
    from regtrack.saved_network import names_code

    if settings and not network:
        raise NetworkError(_OF_NETWORK)
    given = tuple(checkpoints or ())
    if not network:
        return given
    files = [one for one in given if names_code(one)]
    own = [NetworkName(network, settings or (), file) for file in files]
    others = tuple(one for one in given if one not in files)
    return (*others, *(own or [NetworkName(network, settings or ())]))
