"""Each block against torch's own layer, or against what a loop computes."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from regtrack.models.blocks import (
    AfterConv,
    BiLstm,
    Block,
    Downsample,
    Head,
    PassNorm,
    SamePadConv,
    SamePool,
    Upsample,
)
from regtrack.models.context import Beside, Join, MaxDownsample, Residual

AFTER = AfterConv(dropout=0.0, momentum=0.1)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(11)


def draw(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def settle(norm: PassNorm) -> None:
    norm.running_mean.copy_(draw(*norm.running_mean.shape))
    norm.running_var.copy_(torch.rand_like(norm.running_var) + 0.5)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)


def followed(block: SamePadConv | Downsample | Upsample | Join, convolved: Tensor) -> Tensor:
    """What torch's layers make of a convolution's output (B, C, L) in evaluation; (B, L, C)."""
    norm = block.norm
    x = F.batch_norm(
        convolved, norm.running_mean[0], norm.running_var[0], norm.weight, norm.bias, eps=norm.eps
    )
    return F.relu(x).transpose(1, 2)


@pytest.mark.parametrize(("width", "dilation", "left", "right"), [(10, 3, 13, 14), (5, 1, 2, 2)])
def test_same_pad_conv_is_a_padded_convolution(
    width: int, dilation: int, left: int, right: int
) -> None:
    block = SamePadConv(3, 4, width, AFTER, dilation=dilation).double().eval()
    settle(block.norm)
    torch.nn.init.normal_(block.bias)
    x = draw(2, 50, 3)
    padded = F.pad(x.transpose(1, 2), (left, right))
    expected = F.conv1d(padded, block.weight, block.bias, dilation=dilation)

    torch.testing.assert_close(block(x), followed(block, expected))


def test_downsample_is_a_strided_convolution() -> None:
    block = Downsample(3, 4, 10, AFTER).double().eval()
    settle(block.norm)
    torch.nn.init.normal_(block.bias)
    x = draw(2, 50, 3)
    expected = F.conv1d(x.transpose(1, 2), block.weight, block.bias, stride=10)

    torch.testing.assert_close(block(x), followed(block, expected))


def test_upsample_is_a_transposed_convolution() -> None:
    block = Upsample(3, 4, 10, AFTER).double().eval()
    settle(block.norm)
    torch.nn.init.normal_(block.bias)
    x = draw(2, 5, 3)
    weight = block.weight.transpose(0, 1)  # torch wants (C, C', width) there
    expected = F.conv_transpose1d(x.transpose(1, 2), weight, block.bias, stride=10)

    assert block(x).shape == (2, 50, 4)
    torch.testing.assert_close(block(x), followed(block, expected))


@pytest.mark.parametrize("dilation", [1, 3, 81])
def test_same_pool_is_the_largest_of_its_neighbours(dilation: int) -> None:
    x = draw(2, 40, 3) - 10  # a padding with zeros would win everywhere
    expected = torch.empty_like(x)
    for position in range(40):
        near = [position + step * dilation for step in range(-2, 3)]
        near = [other for other in near if 0 <= other < 40]
        expected[:, position] = x[:, near].amax(1)

    torch.testing.assert_close(SamePool(5, dilation=dilation)(x), expected)


def test_an_even_pool_width_is_refused() -> None:
    with pytest.raises(ValueError, match="must be odd; found 4"):
        SamePool(4)


def test_norm_in_training_is_torchs_and_keeps_to_its_pass() -> None:
    norm, torchs = PassNorm(3, 0.1, passes=2).double(), torch.nn.BatchNorm1d(3).double()
    x = draw(2, 50, 3) * 3 + 1
    torch.testing.assert_close(norm(x, 1), torchs(x.transpose(1, 2)).transpose(1, 2))

    torch.testing.assert_close(norm.running_mean[1], torchs.running_mean)
    torch.testing.assert_close(norm.running_var[1], torchs.running_var)
    assert norm.running_mean[0].eq(0).all()
    assert norm.running_var[0].eq(1).all()


@pytest.mark.parametrize("kind", [SamePadConv, Downsample, Upsample])
def test_a_convolution_starts_with_outputs_of_unit_variance(
    kind: type[SamePadConv | Downsample | Upsample],
) -> None:
    """He initialisation: rectified inputs of variance 1 give outputs of variance 1."""
    block = kind(200, 400, 5, AFTER)
    x = F.relu(torch.randn(1, 300, 200))
    out = block.convolve(x, block.weight, block.bias)[:, 10:-10]

    assert out.square().mean().item() == pytest.approx(1.0, rel=0.1)


def test_dropout_acts_in_training_alone() -> None:
    block = SamePadConv(3, 50, 5, AfterConv(dropout=0.5, momentum=0.1))
    x = torch.randn(1, 200, 3)
    kept = (block.train()(x) > 0).float().mean()  # half of the half that ReLU lets through
    settled = (block.eval()(x) > 0).float().mean()

    assert 0.2 < kept < 0.3
    assert 0.4 < settled < 0.6


def test_lstm_starts_with_open_forget_gates() -> None:
    lstm = BiLstm(3, 4).lstm
    for bias in (lstm.bias_ih_l0, lstm.bias_ih_l0_reverse):
        assert bias.tolist() == [0] * 4 + [1] * 4 + [0] * 8
    assert lstm.bias_hh_l0.eq(0).all()
    assert lstm.bias_hh_l0_reverse.eq(0).all()


def test_lstm_joins_both_directions() -> None:
    out = BiLstm(3, 4)(torch.randn(2, 20, 3))

    assert out.shape == (2, 20, 8)


def test_head_is_two_dense_layers() -> None:
    head = Head(3, 6, 4, dropout=0.0).double().eval()
    x = draw(2, 9, 3)
    dense = F.linear(F.relu(head.hidden(x)), head.output.weight, head.output.bias)

    torch.testing.assert_close(head(x), dense.transpose(1, 2))
    torch.testing.assert_close(head(x, [3, 0]), dense.transpose(1, 2)[:, [3, 0]])
    assert head(x).is_contiguous()


def test_a_plain_block_needs_its_own_position() -> None:
    assert Block().needs(3, 5) == (3, 5)


def test_max_downsample_is_the_largest_of_each_block() -> None:
    x = draw(2, 40, 3) - 10

    torch.testing.assert_close(MaxDownsample(8)(x), x.view(2, 5, 8, 3).amax(2))


def test_residual_adds_a_normalised_dilated_convolution() -> None:
    block = Residual(5, 3, AFTER, depth=2, dilation=4).double().eval()
    for norm in (block.norm, block.narrow.norm):
        settle(norm)
    torch.nn.init.normal_(block.widen.bias)
    x = draw(2, 30, 5)
    image, norm, narrow = x.transpose(1, 2), block.norm, block.narrow
    normed = F.batch_norm(
        image, norm.running_mean[0], norm.running_var[0], norm.weight, norm.bias, eps=norm.eps
    )
    convolved = F.conv1d(F.relu(normed), narrow.weight, narrow.bias, padding=4, dilation=4)
    added = F.conv1d(
        followed(narrow, convolved).transpose(1, 2), block.widen.weight[..., None], block.widen.bias
    )

    assert narrow.weight.shape == (3, 5, 3)
    torch.testing.assert_close(block(x), (image + added).transpose(1, 2))


def test_residuals_add_unit_variance_in_all() -> None:
    blocks = [Residual(400, 3, AFTER, depth=4, dilation=1) for _ in range(4)]
    x = out = torch.randn(1, 500, 400)
    for block in blocks:
        out = block(out)

    assert (out - x).square().mean().item() == pytest.approx(1.0, rel=0.1)


def test_join_reads_a_base_and_what_covers_it() -> None:
    """Beside and join together are a dense layer over own and repeated channels."""
    pooled = [MaxDownsample(4), SamePadConv(3, 2, 3, AFTER)]
    beside = Beside(pooled).double().eval()
    join = Join(3, 2, 6, 4, AFTER).double().eval()
    settle(join.norm)
    torch.nn.init.normal_(join.bias)
    x = draw(2, 20, 3)
    coarse = pooled[1](pooled[0](x)).repeat_interleave(4, dim=1)
    dense = F.conv1d(torch.cat([x, coarse], 2).transpose(1, 2), join.weight, join.bias)

    assert beside(x).shape == (2, 5, 4 * 3 + 2)
    torch.testing.assert_close(join(beside(x)), followed(join, dense))
    assert (beside.needs(3, 3), join.needs(7, 8)) == ((8, 19), (1, 2))
