"""The plain training loop: what Paribus means by a training, and the oracle for everything faster."""

import torch
from torch import Tensor, nn

from paribus.models import step_randomness
from paribus.study import TrainSpec
from paribus.train.augmentation import EpochAugmentation
from paribus.train.bench import Bench, Part
from paribus.train.loss import loss_of
from paribus.train.path import Block, outputs_of
from paribus.train.precision import forward, products
from paribus.train.schedule import learning_rate


class Reference:
    """torch's own layers, autograd and optimizer, one batch after another."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._optimizer = make_optimizer(bench.recipe.train, list(bench.model.parameters()))
        self._optimizer.state = bench.slots

    def train(self, block: Block, *, step: int) -> tuple[Tensor, Tensor]:
        """Make an update for every batch."""
        batches = zip(torch.split(block.images, block.size), torch.split(block.labels, block.size), strict=True)
        made = [self._update(step + number, *batch) for number, batch in enumerate(batches)]
        return torch.stack([loss for loss, _ in made]), torch.stack([correct for _, correct in made])

    def settle(self, *, step: int) -> None:
        """Nothing to do: torch's own state is up to date."""

    def pixels(self, part: Part, index: Tensor, augmentation: EpochAugmentation | None = None) -> Tensor:
        """Return normalised images for indices."""
        return self.bench.pixels(part, index, augmentation)

    def measure(self, part: Part) -> tuple[float, int]:
        """Return the sum of losses and how many images are right."""
        loss = torch.zeros((), dtype=torch.float64, device=part.index.device)
        correct = torch.zeros((), dtype=torch.int64, device=part.index.device)
        for output, labels in outputs_of(self, part):
            loss += loss_of(output, labels, spec=self.bench.recipe.train, reduction="sum", smooth=False)
            correct += (output.argmax(dim=1) == labels).sum()
        return loss.item(), int(correct.item())

    def outputs(self, images: Tensor, *, number: int) -> Tensor:
        """Return what the network makes of images, in evaluation mode."""
        # A user's module may draw in evaluation mode too: then every evaluation draws the same.
        bench = self.bench
        with step_randomness(bench.model, streams=bench.streams, step=-1 - number), products(bench.recipe.train):
            return forward(bench, images)

    def _update(self, step: int, pixels: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Make update `step`, counted from 0; return the batch's loss and correct images, from before the update."""
        bench, spec = self.bench, self.bench.recipe.train
        rate = learning_rate(spec, step=step, images=len(bench.parts["train"]))
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.zero_grad()
        with step_randomness(bench.model, streams=bench.streams, step=step), products(spec):
            output = forward(bench, pixels)
            loss = loss_of(output, labels, spec=spec)
            loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        heavier = labels if labels.ndim == 1 else labels.argmax(dim=1)
        return loss.detach(), (output.detach().argmax(dim=1) == heavier).sum()


def make_optimizer(spec: TrainSpec, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """Return torch's optimizer; `fused` updates all elements in one kernel, on the CPU too.

    Weight decay is added to the gradient in SGD and Adam, and shrinks the weights themselves in AdamW.
    """
    if spec.optimizer == "SGD":
        return torch.optim.SGD(
            parameters,
            lr=spec.lr,
            momentum=spec.momentum,
            nesterov=spec.nesterov,
            weight_decay=spec.weight_decay,
            fused=True,
        )
    kind = torch.optim.Adam if spec.optimizer == "Adam" else torch.optim.AdamW
    return kind(parameters, lr=spec.lr, betas=spec.betas, weight_decay=spec.weight_decay, fused=True)
