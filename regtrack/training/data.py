"""The data loaders of a run in Lightning's form; the train split is drawn anew in each epoch."""

from __future__ import annotations

import lightning.pytorch as pl
from torch.utils.data import DataLoader

from regtrack.dataset.loader import Batch, make_loader
from regtrack.dataset.store import Dataset
from regtrack.training.config import TrainingConfig


class Windows(pl.LightningDataModule):
    """The train and valid splits of a dataset; each process reads its share."""

    def __init__(self, dataset: Dataset, config: TrainingConfig, workers: int = 0) -> None:
        super().__init__()
        self.dataset = dataset
        self.config = config
        self.workers = workers

    def train_dataloader(self) -> DataLoader[Batch]:
        """The batches of the current epoch, shuffled and augmented."""
        return self._loader(
            "train",
            shuffle=True,
            reverse_complement=self.config.reverse_complement,
            max_shift=self.config.shift,
            limit=self.config.epoch_windows,
        )

    def val_dataloader(self) -> DataLoader[Batch]:
        """The validation split, in order and unaugmented."""
        return self._loader("valid", shuffle=False)

    def _loader(
        self,
        split: str,
        *,
        shuffle: bool,
        reverse_complement: bool = False,
        max_shift: int = 0,
        limit: int = 0,
    ) -> DataLoader[Batch]:
        trainer = self.trainer
        assert trainer is not None
        return make_loader(
            self.dataset,
            split,
            batch_size=self.config.batch_size,
            seed=self.config.seed,
            epoch=trainer.current_epoch,
            shuffle=shuffle,
            reverse_complement=reverse_complement,
            max_shift=max_shift,
            workers=self.workers,
            pin_memory=trainer.strategy.root_device.type == "cuda",
            limit=limit,
            rank=trainer.global_rank,
            world=trainer.world_size,
        )
