"""A hybrid that reads both strands says the same of both, whatever it has learnt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from regtrack.errors import CheckpointError
from regtrack.genome.sequence import N
from regtrack.models.network import TrackModel
from regtrack.models.registry import build_model, rebuild_model
from regtrack.models.strands import both_strands, mean_of_strands, reversed_rows

Lively = Callable[..., TrackModel]
Bases = Callable[..., torch.Tensor]
SETTINGS: list[dict[str, Any]] = [{}, {"block": 7, "width": 4}, {"block": 1}]


def reverse_complement(codes: torch.Tensor) -> torch.Tensor:
    """Codes (B, L) of the other strand, from its beginning to its end."""
    return torch.where(codes == N, N, 3 - codes).flip(1)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("tiled", [False, True])
def test_a_sequence_and_its_reverse_complement_have_the_same_logits(
    lively: Lively, bases: Bases, settings: dict[str, Any], tiled: bool
) -> None:
    model = lively("hybrid", **settings)
    codes = bases(40 * model.stride)
    codes[:, 30:37] = N
    with torch.inference_mode(tiled), torch.set_grad_enabled(not tiled):
        own, other = model.logits(codes), model.logits(reverse_complement(codes)).flip(2)
        plain = lively("hybrid", both_strands=False, **settings)
        unlike = plain.logits(codes) - plain.logits(reverse_complement(codes)).flip(2)
    torch.testing.assert_close(own, other, rtol=0, atol=1e-13)
    assert unlike.abs().max() > 1e-3


def test_the_logits_are_those_of_the_mean_of_the_features(lively: Lively, bases: Bases) -> None:
    model, plain = (lively("hybrid", both_strands=both) for both in (True, False))
    plain.load_state_dict(model.state_dict())  # the letters of both are one-hot then
    codes = bases(30 * model.stride)
    own, other = plain.stages(codes)[-1], plain.stages(reverse_complement(codes))[-1]
    expected = plain.head((own + other.flip(1)) / 2)
    torch.testing.assert_close(model.logits(codes), expected, rtol=0, atol=1e-13)


def test_the_strands_take_no_more_parameters_but_for_the_letters() -> None:
    both, one = (build_model("hybrid", 3, both_strands=both) for both in (True, False))
    assert one.parameter_count - both.parameter_count == one.embed.weight.numel()


def test_rows_are_reversed_within_their_ends() -> None:
    x = torch.arange(8.0).view(2, 4, 1)
    assert reversed_rows(x, None)[..., 0].tolist() == [[3, 2, 1, 0], [7, 6, 5, 4]]
    ends = torch.tensor([4, 2])
    assert reversed_rows(x, ends)[..., 0].tolist() == [[3, 2, 1, 0], [5, 4, 6, 7]]


def test_both_strands_and_back() -> None:
    letters = torch.eye(5, 4)[torch.tensor([[0, 1, 2, 4], [3, 3, 0, 4]])]
    ends = torch.tensor([4, 3])
    both, every = both_strands(letters, ends)
    assert every is not None
    assert every.tolist() == [4, 3, 4, 3]
    # ACGN and TTA: NCGT and TAA
    torch.testing.assert_close(
        both[2:], torch.eye(5, 4)[torch.tensor([[4, 1, 2, 3], [3, 0, 0, 4]])]
    )
    features = torch.cat([letters, reversed_rows(letters, ends)])
    torch.testing.assert_close(mean_of_strands(features, every), letters)


def test_the_setting_is_true_or_false() -> None:
    with pytest.raises(CheckpointError, match="`both_strands` is 1; expected true or false"):
        build_model("hybrid", 3, both_strands=1)


def test_a_checkpoint_from_before_the_setting_reads_one_strand() -> None:
    saved = build_model("hybrid", 3, both_strands=False)
    older = {name: value for name, value in saved.config.items() if name != "both_strands"}
    assert not rebuild_model("hybrid", 3, older).conjoined
    assert build_model("hybrid", 3, **older).conjoined
    assert rebuild_model("hybrid", 3, {**older, "both_strands": True}).conjoined
