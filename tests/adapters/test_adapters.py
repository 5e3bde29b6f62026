"""Adapters of published networks: their shapes, values by their own code, and their weights."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from regtrack.adapters.borzoi import borzoi
from regtrack.adapters.enformer import enformer
from regtrack.adapters.profile_counts import ExpectedCounts, bpnet, cherimoya
from regtrack.adapters.selene import selene_network
from regtrack.adapters.spliceai import SpliceAI, spliceai
from regtrack.adapters.weights import channels_of, load_weights
from regtrack.errors import NetworkError
from regtrack.predict.calls import Calls
from regtrack.predict.foreign import ForeignNetwork
from regtrack.predict.named import NetworkSource
from regtrack.predict.network import SequenceNetwork
from tests.sweep.toys import random_codes

CPU = torch.device("cpu")


def codes_for(network: SequenceNetwork, count: int = 1) -> Tensor:
    length = network.description.length or 600
    return torch.as_tensor(np.stack([random_codes(length, seed) for seed in range(count)]))


def needs(package: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip(package, exc_type=ImportError)


class Features(nn.Module):
    """One-hot sequence, as it is given, to features (B, M)."""

    def __init__(self, count: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(4, count)
        self.seen: tuple[int, ...] = ()

    def forward(self, x: Tensor) -> Tensor:
        self.seen = tuple(x.shape)
        return self.linear(x.flatten(2).mean(2)).sigmoid()


@pytest.mark.parametrize(
    ("name", "features", "length", "width", "given"),
    [
        ("deepsea", 919, 1_000, 200, (2, 4, 1_000)),
        ("beluga", 2_002, 2_000, 200, (2, 4, 1, 2_000)),
        ("sei", 21_907, 4_096, 128, (2, 4, 4_096)),
    ],
)
def test_selenes_form_is_one_bin_of_features(
    name: str, features: int, length: int, width: int, given: tuple[int, ...]
) -> None:
    module = Features(features)
    network = selene_network(
        module, [f"f{at}" for at in range(features)], name=name, length=length, bin=width,
        two_dimensional=name == "beluga",
    )  # fmt: skip
    calls = Calls.of(network.description)
    assert (calls.seam, calls.step) == ("centre", width)
    found = network(codes_for(network, 2), [features - 1, 0])
    assert module.seen == given
    assert found.shape == (2, 2, 1)
    ForeignNetwork.of(network).try_call(CPU)


@pytest.mark.parametrize("context", [80, 400, 2_000, 10_000])
def test_spliceai_sees_its_context_and_no_more(context: int) -> None:
    network = spliceai(context=context)
    assert [track.name for track in network.description.outputs] == [
        "acceptor.plus", "donor.plus", "acceptor.minus", "donor.minus",
    ]  # fmt: skip
    assert network.description.reached == (context // 2, context // 2)
    module: Any = network.network.module  # type: ignore[attr-defined]
    widths = [(unit.conv1.kernel_size[0] - 1) * unit.conv1.dilation[0]
              for unit in module.residual_units if hasattr(unit, "conv1")]  # fmt: skip
    assert 2 * sum(widths) == context  # two convolutions a unit
    codes = torch.as_tensor(random_codes(context + 5, 1))[None]
    assert network.eval()(codes, [3, 0]).shape == (1, 2, 5)


def test_weights_are_loaded_or_refused_by_their_first_wrong_tensor(tmp_path: Path) -> None:
    torch.manual_seed(5)
    module = SpliceAI(80)
    tensors = {
        name: tensor
        for name, tensor in module.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    save_file(tensors, tmp_path / "w.safetensors")
    torch.save({"state_dict": module.state_dict()}, tmp_path / "w.pt")
    for file in ("w.safetensors", "w.pt"):
        network = NetworkSource(
            "regtrack.adapters.spliceai:spliceai",
            [f"weights={tmp_path / file}", "context=80"],
        ).make()
        found = network.model.network.network.module.state_dict()  # type: ignore[union-attr]
        assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())
    with pytest.raises(
        NetworkError, match=r"tensor residual_units\.5\.batchnorm1\.bias is missing"
    ):
        spliceai(str(tmp_path / "w.safetensors"), context=400)
    with pytest.raises(NetworkError, match=r"tensor bias is missing, and Linear has \(2,\)"):
        load_weights(nn.Linear(3, 2), tmp_path / "w.pt")
    torch.save([1], tmp_path / "list.pt")
    with pytest.raises(NetworkError, match="holds a list; expected a state_dict"):
        load_weights(nn.Linear(3, 2), tmp_path / "list.pt")
    torch.save(nn.Linear(3, 2), tmp_path / "module.pt")
    (tmp_path / "text.pt").write_text("no pickle")
    for file in ("module.pt", "text.pt"):
        with pytest.raises(NetworkError, match="is no pickle of tensors alone; expected a state_d"):
            load_weights(nn.Linear(3, 2), tmp_path / file)


def test_weights_of_a_gpu_are_loaded_onto_the_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = nn.Linear(3, 2)
    with monkeypatch.context() as patched:
        patched.setattr("torch.serialization.location_tag", lambda _: "cuda:0")
        torch.save(layer.state_dict(), tmp_path / "gpu.pt")
    with pytest.raises(RuntimeError, match="on a CUDA device"):
        torch.load(tmp_path / "gpu.pt", weights_only=True)
    other = nn.Linear(3, 2)
    load_weights(other, tmp_path / "gpu.pt")
    assert torch.equal(other.weight, layer.weight)


def test_channels_are_chosen_by_name() -> None:
    assert channels_of({"a": 3, "b": 1}, 5, "x") == (["a", "b"], [3, 1])
    assert channels_of(None, 2, "x") == (["x.0000", "x.0001"], [0, 1])
    with pytest.raises(NetworkError, match="found 1 `tracks` for 2 channels"):
        channels_of(["a"], 2, "x")


def test_expected_counts_are_the_total_shared_by_the_profile() -> None:
    class Fixed(nn.Module):
        def forward(self, _: Tensor) -> tuple[Tensor, Tensor]:
            torch.manual_seed(1)
            return torch.randn(2, 3, 50), torch.tensor([[1.0, 2.0], [0.5, -3.0]])

    found = ExpectedCounts(Fixed(), [2, 1])(torch.zeros(2, 4, 60))
    assert found.shape == (2, 3, 50)
    totals = torch.stack([found[:, :2].sum((1, 2)), found[:, 2].sum(1)], dim=1)
    expected = torch.tensor([[1.0, 2.0], [0.5, 0.0]]).expm1()
    torch.testing.assert_close(totals, expected)


@pytest.mark.parametrize(
    ("package", "make"),
    [("bpnetlite", bpnet), ("cherimoya", cherimoya)],
    ids=["bpnet", "cherimoya"],
)
def test_profile_networks_at_their_shapes(package: str, make: Callable[..., Any]) -> None:
    needs(package)
    network = make(["plus", "minus"]).eval()
    (left, right), length = network.description.cropped, network.description.length
    assert (left, length) == (right, 2_114)
    codes = codes_for(network, 2)
    with torch.inference_mode():
        found = network(codes, [1])
        profile, total = network.module.module(
            nn.functional.one_hot(codes.long(), 4).transpose(1, 2).float()
        )
    share = profile.flatten(1).softmax(1).view_as(profile)[:, 1]
    torch.testing.assert_close(
        found[:, 0], share * total[:, :1].expm1().clamp(min=0), rtol=1e-4, atol=1e-7
    )
    ForeignNetwork.of(network).try_call(CPU)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("package", "make", "bins", "width", "fewer"),
    [
        ("borzoi_pytorch", borzoi, 6_144, 32, {}),
        ("enformer_pytorch", enformer, 896, 128, {"dim_divisible_by": 48}),
    ],
    ids=["borzoi", "enformer"],
)
def test_long_networks_at_their_shapes(
    package: str, make: Callable[..., Any], bins: int, width: int, fewer: dict[str, int]
) -> None:
    needs(package)
    # inputs and outputs of the published lengths, by fewer channels: a minute instead of ten
    network = make(tracks={"first": 0, "other": 4_321}, depth=1, dim=192, heads=4, **fewer).eval()
    said = network.description
    calls = Calls.of(said)
    assert (calls.seam, calls.step) == ("centre", bins * width)
    with torch.inference_mode():
        found = network(codes_for(network), [1])
    assert found.shape == (1, 1, bins)
    assert said.length == bins * width + sum(said.cropped)
    assert bool((found >= 0).all())  # a softplus ends both
