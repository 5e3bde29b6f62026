"""Networks in selene's form: a fixed length in, one vector of features out (DeepSEA, Beluga, Sei).

The features speak of the bin in the middle: 200 bp of 1,000 (DeepSEA; Zhou and Troyanskaya 2015),
200 of 2,000 (Beluga; Zhou et al. 2018), 1 of 4,096 (Sei; Chen et al. 2022, called every 128 bp).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from regtrack.predict.plain import PlainNetwork, as_network


class _OneBin(nn.Module):
    def __init__(self, module: nn.Module, *, two_dimensional: bool) -> None:
        super().__init__()
        self.module, self.two_dimensional = module, two_dimensional

    def forward(self, one_hot: Tensor) -> Tensor:
        """Features as one bin, floats (B, M, 1), of one-hot sequence (B, 4, L)."""
        found: Tensor = self.module(one_hot[:, :, None] if self.two_dimensional else one_hot)
        return found[:, :, None]


def selene_network(
    module: nn.Module,
    tracks: Sequence[str],
    *,
    name: str,
    length: int,
    bin: int = 200,  # noqa: A002 - the field's word
    two_dimensional: bool = False,
    activation: str = "none",
) -> PlainNetwork:
    """A module of one-hot sequence (B, 4, L) to features (B, M), as a network.

        beluga = selene_network(module, names, name="beluga", length=2_000, two_dimensional=True)

    Args:
        module: gives scores, as those of DeepSEA, Beluga and Sei do.
        tracks: the names of its features, in order.
        name: of the network.
        length: bp that it takes.
        bin: bp in the middle that the features speak of.
        two_dimensional: whether it takes (B, 4, 1, L), as Beluga does.
        activation: as `as_network`, for a module that gives logits: `sigmoid`.

    Raises:
        NetworkError: as `as_network`.
    """
    spare = length - bin
    return as_network(
        _OneBin(module, two_dimensional=two_dimensional), tracks,
        name=name, length=length, bin=bin, crop=(spare // 2, spare - spare // 2),
        activation=activation, values="scores",  # type: ignore[arg-type] # as_network checks it
    )  # fmt: skip
