"""Arithmetic and memory traffic of one training step, counted from the layers; nothing is measured here."""

from dataclasses import dataclass

from tasks import parsed


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one image: multiply-adds of each layer with weights; and those layers' parameters."""

    multiply_adds: tuple[int, ...]
    parameters: tuple[int, ...]

    @property
    def training_flop(self):
        """Two for a multiply-add, forward and twice that backward; the first layer needs no slope of its input."""
        return 2 * (3 * sum(self.multiply_adds) - self.multiply_adds[0])

    def traffic_bytes(self, *, momentum):
        """Bytes of parameters that a step cannot avoid to move, float32, gradients applied as they are formed.

        Weights are read forward, read backward (but the first layer's), read and written by the update; a momentum
        is read and written.
        """
        total = sum(self.parameters)
        return 4 * (total + (total - self.parameters[0]) + 2 * total + (2 * total if momentum else 0))


def counts(task):
    """Return the counts of a task's network: convolutions without padding, and linear layers."""
    channels, height, width = task.shape
    adds, parameters = [], []
    for name, arguments, _ in map(parsed, task.layers):
        if name == "Conv2d":
            filters, side = arguments
            height, width = height - side + 1, width - side + 1
            adds.append(height * width * filters * channels * side * side)
            parameters.append(filters * (channels * side * side + 1))
            channels = filters
        elif name == "MaxPool2d":
            height, width = height // arguments[0], width // arguments[0]
        elif name == "Linear":
            inputs = channels * height * width
            adds.append(inputs * arguments[0])
            parameters.append((inputs + 1) * arguments[0])
            channels, height, width = arguments[0], 1, 1
    return Counts(tuple(adds), tuple(parameters))
