"""Lab reports' own recipes: a whole study of five seeds, as a report's loop trains it and as Paribus does."""

from dataclasses import replace

from harness import Case, Contender
from tables import median_cold
from tasks import CNN, LENET, MLP, Task

NAME = "reports"
TITLE = "Recipes of lab reports: five seeds, by a plain PyTorch loop and by Paribus"
NOTE = (
    "One epoch each, unless --epochs says more: the loops would take hours otherwise, and both sides shrink "
    "alike but for the start. The loop is written as the reports write it: Dataset of PIL images, ToTensor and "
    "Normalize image by image, .item() every step, the test set measured after every epoch, torch's own two "
    "threads, one seed after another. Paribus: `paribus run` with two workers; it measures 10,000 "
    "training images too, and validation images where there are, after every epoch, and stores everything. "
    "Images/s of Paribus are of both workers."
)
LOOP = "PyTorch loop of the reports"
LOG = "LogSoftmax(dim=1)"
A1 = (
    "Conv2d(32, 5)",
    "ReLU",
    "MaxPool2d(2)",
    "Flatten",
    "Linear(512)",
    "ReLU",
    "Linear(128)",
    "ReLU",
    "Linear(classes)",
    LOG,
)
C2 = (
    *("Conv2d(16, 3, padding=1)", "ReLU", "MaxPool2d(2)", "Conv2d(4, 3, padding=1)", "ReLU", "MaxPool2d(2)"),
    *("Flatten", "Linear(classes)"),
)
D1 = (
    *("Conv2d(10, 5)", "MaxPool2d(2)", "ReLU", "Conv2d(20, 5)", "Dropout2d(0.5)", "MaxPool2d(2)", "ReLU"),
    *("Flatten", "Linear(50)", "ReLU", "Dropout(0.5)", "Linear(classes)", "Softmax(dim=1)"),
)
_E = Task(layers=MLP, batch=32, lr=0.1, standardize=None)
_A = Task(layers=A1, batch=32, lr=0.01, momentum=0.5, loss="nll")
RECIPES = {
    "E1 MLP, batch 32, rate 0.1": _E,
    "E2 MLP, batch 32, rate 1": replace(_E, lr=1.0),
    "E3 MLP, batch 32, rate 0.01": replace(_E, lr=0.01),
    "E4 MLP, batch 8, rate 0.1": replace(_E, batch=8),
    "E5 MLP, batch 128, rate 0.1": replace(_E, batch=128),
    "A1 CNN, one convolution, batch 32": _A,
    "A2 CNN, two convolutions, batch 32": replace(_A, layers=(*CNN, LOG), momentum=0.0),
    "C2 CNN of 2,710, Adam, batch 2048": Task(
        layers=C2, batch=2048, lr=0.01, optimizer="Adam", schedule={"exponential": 0.95}, validation=5_000
    ),
    "D1 CNN, double softmax, dropout, Adam, batch 100": Task(
        layers=D1, batch=100, lr=0.001, optimizer="Adam", validation=5_000, standardize=None
    ),
    "B3 LeNet on CIFAR-10, batch 4": Task(
        layers=LENET, batch=4, lr=0.001, momentum=0.9, source="cifar10", standardize=(0.5, 0.5)
    ),
}


def cases(settings):
    made = []
    for name, recipe in RECIPES.items():
        task = replace(recipe, epochs=settings.epochs or 1, seeds=5, every_epoch=True)
        if settings.quick:
            task = replace(task, seeds=2, train_images=2_560)
        ours = Contender("Paribus", "paribus_study", replace(task, workers=2))
        made.append(Case(name, (Contender(LOOP, "torch_per_image", task), ours)))
    return made


def summary(made):
    lines = ["| recipe | loop, s | Paribus, s | loop / Paribus |", "| --- | ---: | ---: | ---: |"]
    for case in dict.fromkeys(each.case for each in made):
        loop, ours = median_cold(made, case, LOOP), median_cold(made, case, "Paribus")
        if loop and ours:
            lines.append(f"| {case} | {loop:.1f} | {ours:.1f} | {loop / ours:.2f} |")
    return lines
