"""What a person should know of a data set before training on it: a sentence for each, with the fix."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from paribus.core import DataError, DataFacts
from paribus.data.duplicates import Duplicates
from paribus.data.survey import FolderSurvey, sensible_size
from paribus.study import DataSpec

_IMBALANCE = 2.0  # largest class against smallest: below it, accuracy is little flattered
_FEW_TEST_IMAGES = 200  # one image is then 0.5 pp or more
_MOST_NAMES = 5
_FEW = 50  # what concerns one image in so many or fewer is not worth a sentence
_LONG = 2.0  # longer side against shorter: the centred square then leaves out half of the image


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the data that speaks against training on it as it is.

    Attributes:
        code: a stable name.
        severity: "stop": the study cannot run like this; "warn": its accuracies would mislead; "note": good to know.
        where: the place in the study file.
        evidence: what was found, a sentence with its numbers.
        fix: what to do about it, a sentence.
    """

    code: str
    severity: Literal["stop", "warn", "note"]
    where: str
    evidence: str
    fix: str


@dataclass(frozen=True, slots=True)
class Balance:
    """The classes of the training split against each other.

    Attributes:
        largest, smallest: names of the classes with most and fewest training images.
        most, fewest: how many those have.
        always: share of the test images that are right when the largest class is always named.
    """

    largest: str
    smallest: str
    most: int
    fewest: int
    always: float


def balance(facts: DataFacts) -> Balance:
    """Return how even the classes are; the first of equals is named."""
    largest = max(range(len(facts.classes)), key=lambda label: facts.train[label])
    smallest = min(range(len(facts.classes)), key=lambda label: facts.train[label])
    return Balance(
        largest=facts.classes[largest],
        smallest=facts.classes[smallest],
        most=facts.train[largest],
        fewest=facts.train[smallest],
        always=facts.test[largest] / sum(facts.test),
    )


def find_imbalance(facts: DataFacts) -> Iterator[Finding]:
    """Yield what the numbers of images say: classes that are missing or rare, too few test images."""
    for part, counts in (("training", facts.train), ("validation", facts.validation), ("test", facts.test)):
        missing = [name for name, count in zip(facts.classes, counts, strict=True) if not count]
        if missing and sum(counts):
            evidence = f"no {part} image of {_some(missing)}"
            fix = "add images, take the class out, or let another share be held back (data.validation)"
            yield Finding("data-class-missing", "warn", "data.source", evidence, fix)
    even = balance(facts)
    if even.fewest and even.most >= _IMBALANCE * even.fewest:
        evidence = (
            f"{even.largest} has {even.most / even.fewest:.1f} times as many training images as {even.smallest} "
            f"({even.most:,} and {even.fewest:,}): always naming {even.largest} would be right for "
            f"{even.always:.1%} of the test images"
        )
        fix = f"compare accuracies with that, not with {1 / len(facts.classes):.1%}; or add images of the rare classes"
        yield Finding("data-imbalance", "warn", "data.source", evidence, fix)
    tests = sum(facts.test)
    if tests < _FEW_TEST_IMAGES:
        evidence = f"only {_images(tests, 'test')}: one of them is {100 / tests:.2g} pp of accuracy"
        fix = "smaller differences cannot be seen: set aside more images for the test, or ask for a larger effect"
        yield Finding("data-few-test-images", "warn", "data.source", evidence, fix)


def find_copies(found: Duplicates, *, blank: Sequence[str] = ()) -> Iterator[Finding]:
    """Yield what duplicates do to a study: a flattered test, a flattered choice, labels that contradict.

    Args:
        found: what was compared.
        blank: names of the images of one flat colour, where they are known.
    """
    across = (
        (found.test_in_train, "test", "training", "the test accuracy would flatter", "data-test-in-train"),
        (found.validation_in_train, "validation", "training", "the choice would flatter", "data-validation-in-train"),
        (found.test_in_validation, "test", "validation", "the choice has seen them", "data-test-in-validation"),
    )
    remove = "remove all but one of each from the source"
    for count, part, other, harm, code in across:
        if count:
            verb = "is also a" if count == 1 else "are also"
            noun = f"{other} image" if count == 1 else f"{other} images"
            evidence = f"{_images(count, part)} {verb} {noun}, pixel for pixel: {harm}"
            yield Finding(code, "warn", "data.source", evidence, remove)
    for count, part in ((found.train, "training"), (found.validation, "validation"), (found.test, "test")):
        if count:
            repeat = "repeats" if count == 1 else "repeat"
            evidence = f"{_images(count, part)} {repeat} another {part} image, pixel for pixel"
            yield Finding("data-duplicates", "note", "data.source", evidence, remove)
    if found.clashing:
        named = "; ".join(" and ".join(names) for names in found.clashes)
        evidence = f"{_images(found.clashing)} with the same pixels but different labels ({named})"
        fix = "no network can be right about them: correct the labels, or remove the images"
        yield Finding("data-labels-clash", "warn", "data.source", evidence, fix)
    if found.blank:
        evidence = f"{_images(len(found.blank))} of one flat colour: there is nothing to see"
        fix = f"remove what is empty: {_some(blank)}" if blank else "paribus data show names them: remove what is empty"
        yield Finding("data-blank", "warn", "data.source", evidence, fix)


def find_in_folder(folder: FolderSurvey, spec: DataSpec, *, skipped: Sequence[str]) -> Iterator[Finding]:
    """Yield what a folder's files say: bad ones, sizes that differ, images that `resize` enlarges or cuts.

    Args:
        folder: counted from all of its images.
        spec: as the study has it.
        skipped: files that cannot be used.
    """
    if skipped:
        count = f"{len(skipped):,} file{'' if len(skipped) == 1 else 's'}"
        if spec.on_bad_image == "skip":
            yield Finding(
                "data-skipped", "note", "data.on_bad_image", f"{count} left out", "mend or remove what is listed"
            )
        else:
            fix = 'remove them, or set data.on_bad_image = "skip"'
            yield Finding(
                "data-bad-files", "stop", "data.source", f"{count} cannot be used, and the study stops there", fix
            )
    if spec.resize is None:
        if len(folder.sizes) > 1:
            yield several_sizes(f"the images have {len(folder.sizes):,} sizes", resize=sensible_size(folder))
        return
    if spec.resize > folder.shorter:
        small = sum(count for size, count in folder.sizes if min(size) < spec.resize)
        evidence = f"{_images(small)} smaller than {spec.resize} x {spec.resize}: enlarging them adds no detail"
        yield Finding("data-enlarged", "note", "data.resize", evidence, f"data.resize = {sensible_size(folder)}")
    long = [(size, count) for size, count in folder.sizes if max(size) >= _LONG * min(size)]
    cut = sum(count for _, count in long)
    if cut * _FEW > folder.images:
        width, height = max((size for size, _ in long), key=lambda size: max(size) / min(size))
        furthest = max(width, height) / min(width, height)
        have, of_them = ("has", "it") if cut == 1 else ("have", "each")
        evidence = (
            f"{_images(cut)} of {folder.images:,} {have} one side at least twice as long as the other, up to "
            f"{furthest:.1f} times ({width} x {height}): the centred square leaves out half of {of_them} or more"
        )
        yield Finding("data-cut", "note", "data.resize", evidence, "look at the sheet; cut them yourself if need be")


def several_sizes(evidence: str, *, resize: int) -> Finding:
    """Return that images have several sizes, with a size for all of them."""
    fix = f"data.resize = {resize}"
    return Finding("data-sizes", "stop", "data.resize", f"{evidence}, and a network takes one", fix)


def find_refusals(problems: Iterable[DataError]) -> Iterator[Finding]:
    """Yield what a study would stop at, in the words of the errors that it would raise."""
    for each in problems:
        near = f" (did you mean {each.nearest}?)" if each.nearest else ""
        yield Finding("data-refused", "stop", each.where, each.wrong, f"{each.allowed}{near}")


def _images(count: int, kind: str = "") -> str:
    return f"{count:,} {kind + ' ' if kind else ''}image{'' if count == 1 else 's'}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
