"""Hidden stretches: how many, how long, and that they are hidden from the network alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from small_training import WINDOW
from torch import Tensor

from regtrack.dataset.loader import Batch
from regtrack.dataset.store import Dataset
from regtrack.genome.sequence import N
from regtrack.models.network import TrackModel
from regtrack.training import module
from regtrack.training.config import Hardware, TrainingConfig
from regtrack.training.cutout import STRETCH, cut_out
from regtrack.training.fit import train


@pytest.mark.parametrize("share", [0.01, 0.15, 0.5, 0.95])
def test_the_expected_fraction_is_hidden_everywhere_alike(share: float) -> None:
    torch.manual_seed(0)
    codes = torch.randint(0, N, (4_000, 100), dtype=torch.uint8)
    before = codes.clone()
    cut = cut_out(codes, share)
    assert torch.equal(codes, before)
    assert cut.dtype == torch.uint8
    hidden = cut == N
    assert torch.equal(cut[~hidden], codes[~hidden])
    # windows are independent: five standard errors of each position's fraction
    error = 5 * (share * (1 - share) / len(codes)) ** 0.5
    assert (hidden.float().mean(0) - share).abs().max() < error


def test_stretches_are_of_one_length_or_overlap_or_touch_an_end() -> None:
    torch.manual_seed(1)
    cut = cut_out(torch.zeros(200, 3_000, dtype=torch.uint8), 0.05)
    edges = torch.nn.functional.pad((cut == N).int(), (1, 1)).diff(dim=1)
    begins, ends = ((edges == step).nonzero()[:, 1] for step in (1, -1))
    lengths = ends - begins
    whole = (begins > 0) & (ends < cut.shape[1])
    assert lengths[whole].min() == STRETCH
    assert (lengths[whole] == STRETCH).float().mean() > 0.9
    assert lengths[~whole].min() < STRETCH


def test_nothing_is_hidden_without_a_share_and_n_stays() -> None:
    codes = torch.randint(0, N + 1, (3, 500), dtype=torch.uint8)
    assert torch.equal(cut_out(codes, 0.0), codes)
    assert (cut_out(codes, 0.3)[codes == N] == N).all()


def test_only_the_network_and_only_in_training_does_not_see_them(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares: dict[str, list[float]] = {"trained": [], "scored": [], "counted": []}
    stages, loss = TrackModel.stages, module.batch_loss

    def share(codes: Tensor) -> float:
        return (codes == N).float().mean().item()

    def seen(self: TrackModel, codes: Tensor, *rest: Any) -> list[Tensor]:
        shares["trained" if self.training else "scored"].append(share(codes))
        return stages(self, codes, *rest)

    def counted(head: Any, x: Tensor, batch: Batch, *rest: Any) -> Tensor:
        shares["counted"].append(share(batch.codes))
        return loss(head, x, batch, *rest)

    monkeypatch.setattr(TrackModel, "stages", seen)
    monkeypatch.setattr(module, "batch_loss", counted)
    config = TrainingConfig(epochs=1, batch_size=16, cutout=0.4)
    settings = {"channels": [4, 4, 4], "hidden": 4}
    hardware = Hardware(accelerator="cpu", devices=1)
    train(dataset, tmp_path / "run", model="cnn3", settings=settings, config=config,
          hardware=hardware)  # fmt: skip
    real = share(torch.as_tensor(dataset.codes("chr1", 0, 80 * WINDOW)))
    assert min(shares["trained"]) > 0.3
    assert max(shares["scored"]) < real + 0.1
    assert max(shares["counted"]) < real + 0.1
