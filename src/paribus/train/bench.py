"""One run laid out on its device: images, split, network, and the moves that every path makes."""

import warnings
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn

from paribus.core import Streams
from paribus.data import Images, normalization, permutation, split_images
from paribus.models import build
from paribus.study import Recipe
from paribus.train.augmentation import EpochAugmentation, draw
from paribus.train.job import Plan

# Fixed per kind of device, because the last bits of a sum depend on how it is grouped. On the CPU what a batch
# makes of a convolution must stay in the cache (docs/log.md has the numbers); a GPU wants to be filled.
EVALUATION_BATCH = {"cpu": 125, "cuda": 5000}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the data: the images and labels it is taken from, and the indices that belong to it."""

    images: Tensor  # uint8 [N, C, H, W], shared with the other parts
    labels: Tensor  # int64 [N]
    index: Tensor  # int64 [n]

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that one training works on; `parts` has train, test and, where there is a split, validation."""

    recipe: Recipe
    streams: Streams
    plan: Plan
    parts: dict[str, Part]
    classes: int
    shift: Tensor  # [1, C, 1, 1]: 255 * mean
    scale: Tensor  # [1, C, 1, 1]: 1 / (255 * std)
    layout: torch.memory_format
    model: nn.Module
    slots: defaultdict[Tensor, dict[str, Any]]  # the optimizer's state of each parameter, under torch's names

    def order(self, epoch: int) -> Tensor:
        """Return the indices of the training images in the order in which epoch `epoch`, from 1, uses them."""
        train = self.parts["train"]
        key = self.streams.key("order", epoch)
        shuffled = torch.from_numpy(permutation(len(train), key=key)).to(train.index.device)
        return train.index[shuffled]

    def pixels(self, part: Part, index: Tensor, augmentation: EpochAugmentation | None = None) -> Tensor:
        """Return normalised images [B, C, H, W] for indices [B], augmented (but not mixed) where that is asked for."""
        images = part.images[index]
        if augmentation is not None:
            images = augmentation.pixels(images, index)
        made = images.to(self.shift.dtype).sub_(self.shift).mul_(self.scale).contiguous(memory_format=self.layout)
        return made if augmentation is None else augmentation.erase(made, index)

    def augmentation(self, epoch: int) -> EpochAugmentation | None:
        """Return what is drawn for the training images in epoch `epoch`, from 1; None where nothing is augmented."""
        if not self.recipe.train.augment:
            return None
        images = self.parts["train"].images
        return draw(
            self.recipe.train.augment,
            streams=self.streams,
            epoch=epoch,
            images=tuple(images.shape),
            dtype=self.shift.dtype,
            device=images.device,
        )

    def save(self) -> bytes:
        """Return parameters, buffers and optimizer state as safetensors bytes: all that is needed to go on."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        # A user's module may have buffers that torch leaves out of its state.
        hidden = {f"buffer.{name}": value for name, value in self.model.named_buffers()}
        tensors |= {name: value for name, value in hidden.items() if f"model.{name[7:]}" not in tensors}
        for number, parameter in enumerate(self.model.parameters()):
            for name, value in self.slots.get(parameter, {}).items():
                if isinstance(value, Tensor):
                    tensors[f"optimizer.{number}.{name}"] = value
        return to_bytes(tensors)

    def restore(self, state: bytes) -> None:
        """Put back what `save` returned."""
        tensors = safetensors.torch.load(state)
        self.model.load_state_dict(
            {name.removeprefix("model."): value for name, value in tensors.items() if name.startswith("model.")}
        )
        parameters = list(self.model.parameters())
        for name, buffer in self.model.named_buffers():
            if f"buffer.{name}" in tensors:
                buffer.copy_(tensors[f"buffer.{name}"])
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, number, key = name.split(".")
                parameter = parameters[int(number)]
                # In the parameter's own memory layout, as the optimizer would have made it.
                kept = torch.empty_like(parameter) if value.shape == parameter.shape else value.to(parameter.device)
                self.slots[parameter][key] = kept.detach().copy_(value)


def lay_out(
    recipe: Recipe,
    *,
    streams: Streams,
    images: Images,
    base_dir: Path,
    plan: Plan,
    dtype: torch.dtype = torch.float32,
) -> Bench:
    """Put one run on its device: split, normalisation, initial weights."""
    device = torch.device(plan.device)
    parts_index = split_images(images, recipe.data, streams=streams)
    norm = normalization(images, parts_index, recipe.data)
    model = build(
        recipe.model,
        image_shape=_shape(images),
        classes=len(images.classes),
        streams=streams,
        base_dir=base_dir,
        dtype=dtype,
    )
    layout = torch.channels_last if plan.memory_format == "channels_last" else torch.contiguous_format
    model = model.to(device=device, memory_format=layout)  # type: ignore[call-overload]
    train_images, train_labels = _tensors(images.train_images, images.train_labels, device)
    test_images, test_labels = _tensors(images.test_images, images.test_labels, device)
    parts = {
        "train": Part(train_images, train_labels, _view(parts_index.train).to(device)),
        "test": Part(test_images, test_labels, torch.arange(len(test_labels), device=device)),
    }
    if len(parts_index.validation):
        parts["validation"] = Part(train_images, train_labels, _view(parts_index.validation).to(device))
    mean = torch.tensor(norm.mean, dtype=torch.float64).view(1, -1, 1, 1)
    std = torch.tensor(norm.std, dtype=torch.float64).view(1, -1, 1, 1)
    return Bench(
        recipe=recipe,
        streams=streams,
        plan=plan,
        parts=parts,
        classes=len(images.classes),
        shift=(255 * mean).to(device=device, dtype=dtype),
        scale=(1 / (255 * std)).to(device=device, dtype=dtype),
        layout=layout,
        model=model,
        slots=defaultdict(dict),
    )


def to_bytes(tensors: dict[str, Tensor]) -> bytes:
    """Return tensors as safetensors bytes; equal values give equal bytes, shared storage is written out."""
    return safetensors.torch.save(
        {name: value.detach().to("cpu").contiguous().clone() for name, value in tensors.items()}
    )


def _shape(images: Images) -> tuple[int, int, int]:
    _, channels, height, width = images.train_images.shape
    return channels, height, width


def _tensors(
    images: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    labels: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    device: torch.device,
) -> tuple[Tensor, Tensor]:
    """Return views of the shared arrays on the CPU, copies on another device. Nobody writes to them."""
    return _view(images).to(device), _view(labels).to(device)


def _view(array: np.ndarray[tuple[int, ...], np.dtype[np.uint8 | np.int64]]) -> Tensor:
    # torch warns of read-only memory, rightly; these tensors are only ever indexed.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(array)
