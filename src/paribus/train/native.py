"""The native path: a stack of layers trained and measured by compiled code, many batches a call.

The network's own tensors, and the optimizer's, become views of the flat arrays that the compiled code works on: what
saves, restores or measures a training elsewhere sees them as ever.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from paribus.models import LayerStack
from paribus.train import native_panels as panels
from paribus.train import native_rows as k
from paribus.train.augmentation import EpochAugmentation
from paribus.train.bench import EVALUATION_BATCH, Bench, Part
from paribus.train.loss import loss_of
from paribus.train.native_blas import address
from paribus.train.native_images import gather, gather_moved
from paribus.train.native_program import Unsupported, lower
from paribus.train.native_steps import measure_images, run_forward, train_block
from paribus.train.native_table import Mask
from paribus.train.native_threads import FEW, PARTS, leave, meeting
from paribus.train.native_trace import chain_of
from paribus.train.path import Block, one_core
from paribus.train.schedule import learning_rate
from paribus.train.together import Helper, together

_CLOSE, _LEAST = 1e-3, 1e-4  # of the largest number, which is taken to be at least so much
_WORTH = 2**18  # products of an update, forward, that are worth a thread (docs/log.md has the numbers)
_CPU = torch.device("cpu")
_LOSSES = {"cross_entropy": k.CROSS_ENTROPY, "nll": k.NLL, "mse": k.MSE}
_MOMENTS = {"SGD": ("momentum_buffer",), "Adam": ("exp_avg", "exp_avg_sq"), "AdamW": ("exp_avg", "exp_avg_sq")}


class Native:
    """One training's compiled side. Make it after a state has been restored.

    Args:
        bench: the training.
        threads: says how many cores it may use at this moment; bits are those of one thread.

    Raises:
        Unsupported: the network has a layer without a native form.
    """

    def __init__(self, bench: Bench, *, threads: Callable[[], int] = one_core) -> None:
        own = not isinstance(bench.model, LayerStack)
        layers = chain_of(bench.model) if own else list(bench.model.children())
        self.bench, spec = bench, bench.recipe.train
        self._counted = bench.model.counted if isinstance(bench.model, LayerStack) else ()
        images = bench.parts["train"].images
        channels, height, width = images.shape[1:]
        self._allowed, self._place = threads, meeting()
        self._helpers: list[Helper] = []
        self._size = min(spec.batch, len(bench.parts["train"]))
        most = max(self._size, EVALUATION_BATCH["cpu"])
        linear, convolution = bench.plan.linear, bench.plan.convolution
        self._program = lower(
            layers,
            image_shape=(channels, height, width),
            batch=most,
            trained=self._size,
            tiles=convolution == "tiles",
            sparse=linear == "sparse",
        )
        self._number: npt.DTypeLike = np.float64 if bench.shift.dtype == torch.float64 else np.float32
        # What tiles are not for, a library does.
        libraries = linear, convolution, "scipy" if convolution == "tiles" else convolution
        self._blas = np.array([address(each, np.dtype(self._number)) for each in libraries])
        p = self._program
        self._theta, self._grad = self._zeros(p.parameters), self._zeros(p.gradients)
        self._names = _MOMENTS[spec.optimizer] if spec.optimizer != "SGD" or spec.momentum else ()
        self._moments = [self._zeros(p.parameters) for _ in self._names]
        self._acts, self._slopes, self._cols = self._zeros(p.acts), self._zeros(p.slopes), self._zeros(p.cols)
        self._lists = np.zeros(p.lists, dtype=np.int32)
        # Of each thread: its program, and scratch; the first is alone.
        self._own = [(p.rows, self._cols, self._lists)]
        self._index, self._scratch = np.zeros(p.index, dtype=np.int16), self._zeros(bench.classes)
        self._rule = np.array([spec.momentum, spec.weight_decay, *spec.betas, 1e-8])
        self._kind = _kind(spec.optimizer, nesterov=spec.nesterov)
        self._normal = _flat(bench.shift), _flat(bench.scale)
        self._coefficients = p.coefficients.astype(self._number)
        train = bench.parts["train"]
        index = train.index[:8]
        few, self._few_labels = self.pixels(train, index), train.labels[index]
        expected = self._own_answers(few) if own else []  # before its weights are laid out anew
        self._adopt()
        self._segments = self._divide()
        if own:
            self._compare(few, expected)

    def train(self, block: Block, *, step: int) -> tuple[Tensor, Tensor]:
        """Make an update for every batch."""
        p, labels, updates = self._program, block.labels, len(block.sizes)
        spec, images = self.bench.recipe.train, len(self.bench.parts["train"])
        rates = np.array([learning_rate(spec, step=step + update, images=images) for update in range(updates)])
        losses, correct = np.zeros(updates, dtype=self._number), np.zeros(updates, dtype=np.int64)
        masks = self._masks(step, block)
        nothing = self._zeros(0)
        first, second = [*self._moments, nothing, nothing][:2]
        mixed = labels.ndim == 2
        pixels, shares = _flat(block.images), _flat(labels) if mixed else nothing
        known = np.zeros(len(labels), dtype=np.int64) if mixed else labels.numpy()
        threads = self._threads()

        def train(thread: int) -> None:
            rows, cols, lists = self._own[thread]
            train_block(
                self._blas, rows, self._coefficients, p.spatial, p.group, block.size,
                self._theta, self._grad, first, second, self._segments, self._kind, self._rule, rates, step,
                pixels, known, shares, masks, p.masks_width, self._acts, self._slopes, cols,
                lists, self._index, self._scratch, _LOSSES[spec.loss], spec.label_smoothing, losses, correct,
                thread, threads, self._place,
            )  # fmt: skip

        together(train, helpers=self._helpers[: threads - 1], leave=lambda: leave(self._place))
        return torch.from_numpy(losses), torch.from_numpy(correct)

    def _threads(self) -> int:
        """Return how many threads train now: as many as there is leave, and something to do, for."""
        p, plan = self._program, self.bench.plan
        if plan.linear not in ("tiles", "sparse") or (p.spatial and plan.convolution != "tiles"):
            return 1
        most = self._size // FEW if p.spatial else PARTS
        threads = max(1, min(self._allowed(), most, PARTS, p.products * self._size // _WORTH))
        while len(self._own) < threads:
            try:
                own = p.of_thread(len(self._own)), self._zeros(p.cols), np.zeros_like(self._lists)
                self._helpers.append(Helper())
            except (RuntimeError, MemoryError):  # no thread or no memory left: those that are there do without
                break
            self._own.append(own)
        return min(threads, len(self._own))

    def pixels(self, part: Part, index: Tensor, augmentation: EpochAugmentation | None = None) -> Tensor:
        """Return normalised images for indices; whole pixels are moved as they are read."""
        if augmentation is not None and augmentation.moves is None:
            return self.bench.pixels(part, index, augmentation)
        shape, dtype, picked = part.images.shape[1:], self.bench.shift.dtype, index.numpy()
        made = torch.empty(len(index), *shape, dtype=dtype)
        if augmentation is None:
            gather(_flat(part.images), picked, 0, len(index), shape.numel(), *self._normal, _flat(made))
            return made
        assert augmentation.moves is not None
        moved = np.zeros(shape[1:].numel(), dtype=np.uint8)
        gather_moved(_flat(part.images), picked, *shape[1:], augmentation.moves, moved, *self._normal, _flat(made))
        return augmentation.erase(made, index)

    def measure(self, part: Part) -> tuple[float, int]:
        """Return the sum of losses and how many images are right."""
        p, batch = self._program, EVALUATION_BATCH["cpu"]
        loss, right = measure_images(
            self._blas, p.rows, self._coefficients, p.spatial, p.group, batch, self._theta, _flat(part.images),
            part.index.numpy(), part.labels.numpy(), *self._normal, self._zeros(batch * part.images[0].numel()),
            self._acts, self._cols, self._lists, self._index, self._slopes, self._scratch,
            _LOSSES[self.bench.recipe.train.loss],
        )  # fmt: skip
        return float(loss), int(right)

    def outputs(self, images: Tensor, *, number: int) -> Tensor:  # noqa: ARG002  nothing here draws
        """Return what the network makes of images, in evaluation mode; a fresh tensor."""
        p, count = self._program, len(images)
        run_forward(
            self._blas, p.rows, self._coefficients, p.spatial, p.group, count, self._theta, _flat(images), 0,
            self._acts, self._cols, self._lists, self._index, self._zeros(0), 0, 0, 0, 1, self._place,
        )  # fmt: skip
        start, classes = int(p.rows[-1, k.ACT]), int(p.rows[-1, k.OUT])
        return torch.from_numpy(self._acts[start : start + count * classes].reshape(count, classes).copy())

    def settle(self, *, step: int) -> None:
        """Tell the optimizer how many updates were made; write out what lies otherwise here."""
        p = self._program
        for parameter, place in p.places:
            if place in p.panels:
                parameter.data.copy_(panels.taken(self._theta, place, parameter))
                for name, flat in zip(self._names, self._moments, strict=True):
                    self.bench.slots[parameter][name].copy_(panels.taken(flat, place, parameter))
        if self.bench.recipe.train.optimizer != "SGD":
            for state in self.bench.slots.values():
                state["step"].fill_(float(step))

    def _own_answers(self, images: Tensor) -> list[Tensor]:
        """Return what the network's own forward makes of images in evaluation mode, and its gradients in training."""
        model = self.bench.model
        with torch.no_grad():
            made = [model.eval()(images).clone()]
        model.train()
        loss_of(model(images), self._few_labels, spec=self.bench.recipe.train).backward()  # type: ignore[no-untyped-call]
        for parameter, _ in self._program.places:
            made.append(torch.zeros_like(parameter) if parameter.grad is None else parameter.grad)
            parameter.grad = None
        return made

    def _compare(self, images: Tensor, expected: list[Tensor]) -> None:
        """Refuse a network whose forward was read wrongly: outputs and gradients are not its own.

        Raises:
            Unsupported: they differ by more than rounding.
        """
        before = self._theta.copy()
        nothing = self._zeros(0)
        found = [self.outputs(images, number=0)]
        spec = self.bench.recipe.train
        train_block(
            self._blas, self._program.rows, self._coefficients, self._program.spatial, self._program.group, len(images),
            self._theta, self._grad, nothing, nothing, self._segments, k.SGD, np.array([0.0, 0.0, 0.0, 0.0, 0.0]),
            np.ones(1), 0, _flat(images), self._few_labels.numpy(), nothing, nothing, 0, self._acts, self._slopes,
            self._cols, self._lists, self._index, self._scratch, _LOSSES[spec.loss], spec.label_smoothing,
            self._zeros(1), np.zeros(1, dtype=np.int64), 0, 1, self._place,
        )  # fmt: skip
        gradients = before - self._theta
        self._theta[:] = before
        for parameter, place in self._program.places:
            apart = place in self._program.panels
            found.append((panels.taken if apart else self._view)(gradients, place, parameter))
        for mine, theirs in zip(found, expected, strict=True):
            if not (mine - theirs).abs().max() <= _CLOSE * theirs.abs().max().clamp(min=_LEAST):
                raise Unsupported("forward, or its gradient, is something else than that of its layers")

    def _zeros(self, count: int) -> npt.NDArray[np.floating]:
        return torch.zeros(count, dtype=self.bench.shift.dtype).numpy()  # starts at a whole cache line, unlike NumPy's

    def _adopt(self) -> None:
        """Make the network's and the optimizer's tensors views of the flat arrays, values kept; of panels, copies."""
        for parameter, place in self._program.places:
            state = self.bench.slots[parameter] if self._moments else {}
            if self._moments and self._kind in (k.ADAM, k.ADAMW):
                state.setdefault("step", torch.tensor(0.0))
            if place in self._program.panels:
                for name, flat in zip(self._names, self._moments, strict=True):
                    panels.put(flat, place, state.setdefault(name, torch.zeros_like(parameter.data)))
                panels.begin(self._theta, place, parameter.detach(), self._dark())
                continue
            for name, flat in zip(self._names, self._moments, strict=True):
                view = self._view(flat, place, parameter)
                if name in state:
                    view.copy_(state[name])
                state[name] = view
            view = self._view(self._theta, place, parameter)
            view.copy_(parameter.detach())
            parameter.data = view

    def _dark(self) -> npt.NDArray[np.floating]:
        """Return a dark image as the network takes it, [C * H * W]."""
        dark = np.zeros(self.bench.parts["train"].images[0].numel(), dtype=np.uint8)
        made = np.zeros(len(dark), dtype=self._number)
        gather(dark, np.zeros(1, dtype=np.int64), 0, 1, len(dark), *self._normal, made)
        return made

    def _view(self, flat: npt.NDArray[np.floating], place: int, parameter: Tensor) -> Tensor:
        part = torch.from_numpy(flat)[place : place + parameter.numel()]
        if parameter.ndim == 4 and place != self._first_convolution:
            planes, channels, height, width = parameter.shape
            return part.view(planes, height, width, channels).permute(0, 3, 1, 2)
        return part.view(parameter.shape)

    @property
    def _first_convolution(self) -> int:
        row = self._program.rows[0]
        return int(row[k.WEIGHT]) if row[k.OP] == k.CONV_FIRST else -1

    def _divide(self) -> npt.NDArray[np.int64]:
        """Return the parts [n, 2], start and length, of the parameters that are changed after each batch's last layer.

        A Linear's weights change in the middle of it.
        """
        rows = self._program.rows
        left = set(rows[rows[:, k.OP] == k.LINEAR, k.WEIGHT].tolist())
        parts = [(place, each.numel()) for each, place in self._program.places if place not in left]
        return np.array(parts, dtype=np.int64).reshape(-1, 2)

    def _masks(self, step: int, block: Block) -> npt.NDArray[np.floating]:
        """Return the dropout masks of a block, each layer's keyed by (update, ordinal), update by update."""
        together = self._program.masks_width
        masks = self._zeros(len(block.sizes) * together)
        view = torch.from_numpy(masks)
        for update, batch in enumerate(block.sizes):
            for each in self._program.masks:
                begin = update * together + each.start
                view[begin : begin + batch * each.width] = self._mask(each, step=step + update, batch=batch)
        return masks

    def _mask(self, mask: Mask, *, step: int, batch: int) -> Tensor:
        ordinal = self._counted.index(mask.layer)
        key = self.bench.streams.key("dropout", step, ordinal)
        drawn = mask.layer.mask((batch, *mask.takes), key=key, dtype=self.bench.shift.dtype, device=_CPU)
        if len(mask.takes) == 3 and not mask.layer.channels:
            drawn = drawn.permute(0, 2, 3, 1)
        return drawn.reshape(-1)


def _flat(tensor: Tensor) -> npt.NDArray[Any]:
    return tensor.contiguous().numpy().reshape(-1)


def _kind(optimizer: str, *, nesterov: bool) -> int:
    if optimizer == "SGD":
        return k.NESTEROV if nesterov else k.SGD
    return k.ADAM if optimizer == "Adam" else k.ADAMW
