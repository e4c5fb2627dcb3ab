"""What every contender is told: one training, or several alike. Standard library only: contenders import it cold."""

import ast
import itertools
from dataclasses import dataclass

MNIST_STANDARD = (0.1307, 0.3081)
MLP = ("Flatten", "Linear(512)", "ReLU", "Linear(256)", "ReLU", "Linear(classes)")
SMALL_MLP = ("Flatten", "Linear(128)", "ReLU", "Linear(classes)")
TINY_MLP = ("Flatten", "Linear(32)", "ReLU", "Linear(classes)")
CNN = (
    *("Conv2d(32, 5)", "ReLU", "MaxPool2d(2)", "Conv2d(64, 5)", "ReLU", "MaxPool2d(2)"),
    *("Flatten", "Linear(256)", "ReLU", "Linear(classes)"),
)
LENET = (
    *("Conv2d(6, 5)", "ReLU", "MaxPool2d(2)", "Conv2d(16, 5)", "ReLU", "MaxPool2d(2)"),
    *("Flatten", "Linear(120)", "ReLU", "Linear(84)", "ReLU", "Linear(classes)"),
)
CLASSES = 10
SHAPES = {"mnist": (1, 28, 28), "cifar10": (3, 32, 32), "digits": (1, 8, 8)}
IMAGES = {"mnist": 60_000, "cifar10": 50_000, "digits": 1_437}


@dataclass(frozen=True, slots=True)
class Task:
    """One recipe for any framework, in Paribus's words, and how much of it is to be done.

    Attributes:
        standardize: mean and deviation that pixels / 255 are standardised with; None: pixels / 255.
        schedule: None for a constant rate, {"exponential": 0.95} or {"onecycle": {}}.
        augment: RandomCrop(32, padding=4) and RandomHorizontalFlip.
        rates: learning rates to be tried, each with all seeds; () is `lr` alone.
        every_epoch: whether the test images are measured after every epoch, or at the end only.
        workers: processes of a contender that has some.
        variant: what a script with several forms is asked for.
        folder: of the plain files; the harness fills it in.
    """

    layers: tuple[str, ...]
    batch: int
    lr: float
    epochs: int = 2
    steps: int | None = None
    source: str = "mnist"
    validation: int = 0
    train_images: int | None = None
    standardize: tuple[float, float] | None = MNIST_STANDARD
    optimizer: str = "SGD"
    momentum: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    schedule: dict | None = None
    loss: str = "cross_entropy"
    augment: bool = False
    rates: tuple[float, ...] = ()
    seeds: int = 1
    every_epoch: bool = False
    workers: int = 1
    variant: str = ""
    folder: str = ""

    @property
    def models(self):
        """The trainings: (learning rate, seed)."""
        return list(itertools.product(self.rates or (self.lr,), range(self.seeds)))

    @property
    def shape(self):
        """C, H, W."""
        return SHAPES[self.source]

    @property
    def images(self):
        """Training images of an epoch."""
        return self.train_images or IMAGES[self.source] - self.validation


def parsed(layer):
    """Return a layer expression's name, arguments and keyword arguments: "Conv2d(6, 5)" is Conv2d, [6, 5], {}."""
    tree = ast.parse(layer, mode="eval").body
    if isinstance(tree, ast.Name):
        return tree.id, [], {}
    arguments = [CLASSES if isinstance(each, ast.Name) else ast.literal_eval(each) for each in tree.args]
    return tree.func.id, arguments, {each.arg: ast.literal_eval(each.value) for each in tree.keywords}
