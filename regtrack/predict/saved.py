"""Networks of the user's own in files: weights, and the name of the function that makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from safetensors.torch import load_file, save
from torch import Tensor, nn

from regtrack.atomic import publish_file
from regtrack.errors import NetworkError
from regtrack.files.shown import shown
from regtrack.predict.foreign import ForeignNetwork, module_digest
from regtrack.saved_network import FORMAT, VERSION, SavedNetwork


def write_network(
    path: str | Path,
    network: ForeignNetwork,
    *,
    without: Sequence[str] = (),
    overwrite: bool = False,
) -> None:
    """Write a network that a function made; see `regtrack.predict.named.save_network`."""
    missing = [name for name in without if name not in network.source["settings"]]
    if missing:
        raise NetworkError(f"`without` names {missing[0]}, which is no setting of the network")
    module = network.model.network
    record = SavedNetwork(
        VERSION,
        network.source["function"],
        {name: v for name, v in network.source["settings"].items() if name not in without},
        module_digest(module),
    )
    state = module.state_dict()
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    content = save(tensors, {FORMAT: record.to_json()})
    with publish_file(Path(path), overwrite=overwrite) as temporary:
        temporary.write_bytes(content)


def load_tensors(module: nn.Module, path: Path, record: SavedNetwork) -> None:
    """Give a network the tensors of its file.

    Raises:
        NetworkError: tensors of another network, or others than were saved.
    """
    found = load_file(path)
    expected, held = _shapes(module.state_dict()), _shapes(found)
    for name in sorted(expected.keys() | held.keys()):
        if held.get(name) != expected.get(name):
            raise NetworkError(
                f"{path}: tensor {shown(name)} is {held.get(name, 'missing')}, and what "
                f"{record.function} makes has {expected.get(name, 'no such tensor')}; name the "
                "function and the settings that made it"
            )
    module.load_state_dict(found)
    if module_digest(module) != record.weights:
        raise NetworkError(f"{path}: its weights differ from those that were saved; copy it again")


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    return {name: f"{one.dtype} {tuple(one.shape)}" for name, one in tensors.items()}
