"""Small networks for the contract of networks: some that keep it, and one for each way to break it."""

import itertools
import warnings

import numpy as np
import torch
from torch import nn
from torch.nn import functional

CLASSES = 4
COUNTER = itertools.count(1)


class Plain(nn.Module):
    """A convolution and a linear layer, nothing wrong."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.fc = nn.Linear(48, CLASSES)

    def hidden(self, x):
        return functional.relu(self.conv(x)).flatten(1)

    def forward(self, x):
        return self.fc(self.hidden(x))


# --- networks that keep the contract


class Usual(nn.Module):
    """Batch normalisation, dropout as a layer and by function, pooling."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(inplace=True), nn.MaxPool2d(2))
        self.drop, self.fc = nn.Dropout(0.5), nn.Linear(12, CLASSES)

    def forward(self, x):
        x = functional.dropout(self.layers(x), training=self.training)
        return self.fc(self.drop(x.flatten(1)))


class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch calls its lazy layers new
            self.fc = nn.LazyLinear(CLASSES)

    def forward(self, x):
        return self.fc(x.flatten(1))


class OwnNormalisation(Plain):
    """A running mean written by hand, in a buffer that the state does not list."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(48), persistent=False)

    def forward(self, x):
        x = self.hidden(x)
        if self.training:
            mean = x.mean(dim=0)
            self.mean.lerp_(mean.detach(), 0.1)
            return self.fc(x - mean)
        return self.fc(x - self.mean)


class Frozen(Plain):
    def __init__(self):
        super().__init__()
        self.conv.requires_grad_(requires_grad=False)


class StartsAtZero(Plain):
    """Zeros and ones by convention: a scale, a norm, and a classifier that gives 0 for every image at first."""

    def __init__(self):
        super().__init__()
        self.norm, self.scale = nn.LayerNorm(48), nn.Parameter(torch.full((48,), 0.1))
        nn.init.zeros_(self.fc.weight)
        nn.init.zeros_(self.fc.bias)

    def forward(self, x):
        return self.fc(self.norm(self.hidden(x)) * self.scale)


class LogProbabilities(Plain):
    def forward(self, x):
        return functional.log_softmax(super().forward(x), dim=1)


def make_plain():
    return nn.Sequential(nn.Flatten(), nn.Linear(72, CLASSES))


# --- networks that break one clause each


class Tuples(Plain):
    def forward(self, x):
        return super().forward(x), x


class TuplesInTraining(Plain):
    def forward(self, x):
        out = super().forward(x)
        return (out, out) if self.training else out


class TooMany(Plain):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(48, CLASSES + 1)


class Classified(Plain):
    def forward(self, x):
        return super().forward(x).argmax(dim=1)


class Raises(Plain):
    def forward(self, x):
        return self.fc(x.flatten(1))  # 72 numbers, not 48


class NeedsArguments(Plain):
    def __init__(self, width):
        super().__init__()
        self.width = width


class Empty(nn.Module):
    def forward(self, x):
        return x.flatten(1)[:, :CLASSES]


class OtherGenerator(Plain):
    def __init__(self):
        super().__init__()
        self.fc.weight = nn.Parameter(torch.full((CLASSES, 48), 0.01 * next(COUNTER)))


class Seeded(Plain):
    def __init__(self):
        torch.manual_seed(0)
        super().__init__()


class SeededAtTheEnd(Plain):
    """The classifier starts the same for every seed."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.fc = nn.Linear(48, CLASSES)


class FilledIn(Plain):
    """One layer whose first weights are written by hand."""

    def __init__(self):
        super().__init__()
        self.fc.weight = nn.Parameter(torch.linspace(-0.1, 0.1, CLASSES * 48).reshape(CLASSES, 48))


class TimesZero(Plain):
    def forward(self, x):
        return super().forward(x) * 0


class ImageLeftOut(Plain):
    """The classifier's bias learns, and nothing else."""

    def forward(self, x):
        return self.fc(self.hidden(x) * 0)


class ZeroBesideTheImage(Plain):
    """The output depends on the image, and no parameter on anything."""

    def forward(self, x):
        return super().forward(x) * 0 + x.flatten(1)[:, :CLASSES]


class AlwaysDropping(Plain):
    def forward(self, x):
        return self.fc(functional.dropout(self.hidden(x)))


class Counting(Plain):
    def forward(self, x):
        return super().forward(x) + next(COUNTER)


class Squeezed(Plain):
    def forward(self, x):
        return super().forward(x).squeeze()


class FailsAlone(Plain):
    def forward(self, x):
        return self.fc(self.hidden(x).squeeze()) if len(x) > 1 else self.fc(self.hidden(x).squeeze()[:5])


class Mixing(Plain):
    def forward(self, x):
        return self.fc(self.hidden(x - x.mean(dim=0)))


class OtherInTraining(Plain):
    def forward(self, x):
        out = super().forward(x)
        return out * 2 if self.training else out


class Softmax(Plain):
    def forward(self, x):
        return super().forward(x).softmax(dim=1)


class Sigmoid(Plain):
    def forward(self, x):
        return super().forward(x).sigmoid()


class EndsInRelu(Plain):
    def forward(self, x):
        return super().forward(x).relu()


class InPlace(Plain):
    def forward(self, x):
        return super().forward(x.mul_(0.5))


class Infinite(Plain):
    def forward(self, x):
        out = super().forward(x)
        return out / 0 if self.training else out


class Detached(Plain):
    def forward(self, x):
        return super().forward(x).detach()


class Unused(Plain):
    def __init__(self):
        super().__init__()
        self.extra = nn.Linear(2, 2)


class NumpyNoise(Plain):
    noise = np.random.Generator(np.random.Philox(key=1))

    def forward(self, x):
        x = self.hidden(x)
        if self.training:
            x = x + torch.from_numpy(self.noise.normal(size=tuple(x.shape))).float()
            x = functional.dropout(x, 0.5)
        return self.fc(x)


class PlainAttribute(Plain):
    """A running mean in an attribute: no state keeps it."""

    def __init__(self):
        super().__init__()
        self.running = torch.zeros(48)

    def forward(self, x):
        x = self.hidden(x)
        if self.training:
            self.running = 0.5 * self.running + 0.5 * x.detach().mean(dim=0)
        return self.fc(x - self.running)


class Remembering(Plain):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return super().forward(x)


class InAList(Plain):
    def __init__(self):
        super().__init__()
        self.rest = [nn.Linear(CLASSES, CLASSES)]

    def forward(self, x):
        return self.rest[0](super().forward(x))


class LateLayer(Plain):
    def __init__(self):
        super().__init__()
        self.late = None

    def forward(self, x):
        out = super().forward(x)
        if self.late is None:
            self.late = nn.Linear(CLASSES, CLASSES)
        return self.late(out)


class ExtraState(Plain):
    def get_extra_state(self):
        return {"anything": 1}

    def set_extra_state(self, state):
        pass


class ReadsStrides(Plain):
    def forward(self, x):
        return self.fc(self.hidden(x)) + float(x.stride()[1] == 1)
