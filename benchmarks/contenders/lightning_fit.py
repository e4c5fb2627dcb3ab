"""PyTorch Lightning: a LightningModule on a TensorDataset, no logger, no checkpoints, no progress bar."""

import logging
import warnings

import lightning
import torch
from contest import Laps, arrays, finish, given
from torch.utils.data import DataLoader, TensorDataset
from torch_network import LOSSES, network, optimizer


class Module(lightning.LightningModule):
    def __init__(self, task, *, lr, seed):
        super().__init__()
        self.task, self.lr = task, lr
        self.model, self.loss_of = network(task, seed=seed), LOSSES[task.loss]()

    def training_step(self, batch, _):
        images, labels = batch
        return self.loss_of(self.model(images), labels)

    def configure_optimizers(self):
        return optimizer(self.task, self.model, lr=self.lr, fused=True)


class Timing(lightning.Callback):
    def __init__(self, laps, images):
        self.laps, self.images = laps, images

    def on_train_epoch_start(self, *_):
        self.laps.start()

    def on_train_epoch_end(self, trainer, _):
        self.laps.stop(self.images, warm=trainer.current_epoch > 0)


def main():
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    task, laps = given(), Laps()
    images, labels, test_images, test_labels = map(torch.from_numpy, arrays(task))
    accuracies = []
    for lr, seed in task.models:
        module = Module(task, lr=lr, seed=seed)
        trainer = lightning.Trainer(
            max_epochs=task.epochs,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[Timing(laps, len(labels))],
        )
        trainer.fit(module, DataLoader(TensorDataset(images, labels), batch_size=task.batch, shuffle=True))
        with torch.no_grad():
            accuracies.append(float((module.model(test_images).argmax(1) == test_labels).float().mean()))
    finish(laps, accuracies)


if __name__ == "__main__":
    main()
