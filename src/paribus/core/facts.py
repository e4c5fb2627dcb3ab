"""What is known of data, networks and machines: plain, frozen, and readable without torch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayerFact:
    """One layer as a table shows it.

    Attributes:
        name: the layer expression ("Conv2d(6, 5)") or, in a user's module, its path and class ("conv1: Conv2d").
        output_shape: without the batch dimension.
        parameters: trainable numbers.
        sum: how they add up ("784*300 + 300"); empty where there are none.
        multiply_adds: of one forward pass of one image.
    """

    name: str
    output_shape: tuple[int, ...]
    parameters: int
    sum: str
    multiply_adds: int


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A network in numbers; `source` is the digest of the user's file, empty for layer expressions."""

    layers: tuple[LayerFact, ...]
    parameters: int
    multiply_adds: int
    source: str


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file that images came from."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DataFacts:
    """A data set as one recipe sees it.

    Attributes:
        source: as in the study file.
        classes: names, in the order of the labels.
        image_shape: C, H, W.
        train, validation, test: number of images of each class, in the order of the labels (seed 0's split).
        normalization: a sentence ("mean 0.1307, standard deviation 0.3081 per channel, of the training split").
        split: a sentence ("fixed, stratified; 55,000 / 5,000 / 10,000").
        files: where the images came from, with checksums.
        fingerprint: digest of all pixels and labels.
        test_fingerprint: digest of the test images and labels: what looks are counted by.
        skipped: files of the source that were left out, each with its reason.
        dark: share of the training images' values that are 0, to a twentieth.
    """

    source: str
    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]
    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    normalization: str
    split: str
    files: tuple[FileFact, ...]
    fingerprint: str
    test_fingerprint: str
    skipped: tuple[str, ...] = ()
    dark: float = 0.0
