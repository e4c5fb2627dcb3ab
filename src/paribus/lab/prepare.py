"""From a study to runs that can be trained: images loaded and shared, identities computed, plans made."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from paribus.core import DataFacts, ModelError, ModelFacts, Streams, StudyError, digest, digest_bytes
from paribus.data import Images, SharedImages, Tell, describe_data, load_images, share_images, tell_nobody
from paribus.study import DataSpec, ModelSpec, Run, Study, check_fit
from paribus.train import Call, Network, Pool, apart, described, steps_per_epoch, total_steps

Described = Iterator[tuple[str, ModelFacts]]


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run with its identity, and what it is trained on."""

    id: str
    run: Run
    data: str  # key of its data facts
    model: str  # key of its model facts
    source: str  # digest of a user's model file, "" for layers


@dataclass(frozen=True, slots=True)
class Prepared:
    """A study whose images are at hand.

    Attributes:
        runs: those that it asks for by now.
        images: key of data facts -> images in shared memory.
        labels: key of data facts -> labels of the test images.
        data: key of data facts -> facts.
        models: key of model facts -> the model, the key of the data it sees, and the digest of its source.
    """

    study: Study
    runs: tuple[PreparedRun, ...]
    images: Mapping[str, SharedImages]
    labels: Mapping[str, npt.NDArray[np.int64]]
    data: Mapping[str, DataFacts]
    models: Mapping[str, tuple[ModelSpec, str, str]]


class Shelf:
    """Images that a study has asked for, each read and shared once.

    Args:
        base_dir: where relative paths of sources start.
        data_dir: where to look for data files first.
        tell: hears how far reading is.
    """

    def __init__(self, base_dir: Path, *, data_dir: Path | None = None, tell: Tell = tell_nobody) -> None:
        self._base_dir, self._data_dir, self._tell = base_dir, data_dir, tell
        self._read: dict[str, tuple[Images, SharedImages]] = {}

    def take(self, spec: DataSpec) -> tuple[Images, SharedImages]:
        """Return the images of a data table, here and where workers find them.

        Raises:
            DataError: they are missing or damaged.
        """
        pixels = digest([spec.source, spec.resize, spec.on_bad_image])
        if pixels not in self._read:
            found = load_images(spec, base_dir=self._base_dir, data_dir=self._data_dir, tell=self._tell, isolate=apart)
            self._read[pixels] = (found, share_images(found))
        return self._read[pixels]


def prepare(study: Study, wanted: Sequence[Run], *, shelf: Shelf) -> Prepared:
    """Load and share what runs need, and give every run its identity.

    Args:
        study: whose runs they are.
        wanted: runs, in order.
        shelf: has what was read before.

    Raises:
        DataError: images are missing, damaged, or too few for the split.
        ModelError: a module's file is not there.
        StudyError: an augmentation does not fit the images, or a layer not the batches.
    """
    first = {each.condition: each for each in reversed(wanted)}  # one run of each condition
    specs = {data_key(study, each.recipe.data): each.recipe.data for each in reversed(first.values())}
    facts, images, labels = {}, {}, {}
    for key, spec in specs.items():
        found, images[key] = shelf.take(spec)
        labels[key] = found.test_labels
        facts[key] = describe_data(found, spec, streams=Streams(0, study.design.vary_streams))
    for each in first.values():
        known = facts[data_key(study, each.recipe.data)]
        check_fit(each.recipe.train.augment, image_shape=known.image_shape)
        _check_batches(each, images=sum(known.train))
    prepared = tuple(_identify(study, run, facts) for run in wanted)
    models = {each.model: (each.run.recipe.model, each.data, each.source) for each in prepared}
    return Prepared(study, prepared, images, labels, facts, models)


def _check_batches(run: Run, *, images: int) -> None:
    """Refuse a batch of one image for a layer that needs two, before an epoch has been spent on finding out."""
    train = run.recipe.train
    batch = min(train.batch, images)
    last = images % batch or batch
    reached = last if total_steps(train, images=images) >= steps_per_epoch(train, images=images) else batch
    normalized = any(layer.lstrip().startswith("BatchNorm1d") for layer in run.recipe.model.layers or ())
    if normalized and reached == 1:
        raise StudyError(
            "train.batch_size",
            wrong=f"{train.batch_size} makes a batch of one of {images:,} training images ({run.condition}), "
            "and BatchNorm1d needs two",
            allowed=f"another batch size, or data.train_images = {images - 1}",
        )


def data_key(study: Study, spec: DataSpec) -> str:
    """Return the key of the facts about a data table, as this study's streams split it."""
    return digest([spec.model_dump(mode="json"), list(study.design.vary_streams)])


def describe_networks(prepared: Prepared, *, pool: Pool | None = None, but: Container[str] = ()) -> Described:
    """Yield the networks in numbers, each with the key of its facts, as they come.

    Args:
        prepared: whose networks.
        pool: workers that describe layers, where there are any; else torch is imported here.
        but: keys of those that are known.

    Raises:
        ModelError: a network does not fit its images, or a file is no longer what it was when it was prepared.
    """
    networks, base_dir = {}, prepared.study.base_dir
    for key, (spec, data, _) in prepared.models.items():
        if key not in but:
            facts = prepared.data[data]
            networks[key] = Network(spec, image_shape=facts.image_shape, classes=len(facts.classes), base_dir=base_dir)
    if pool is not None:
        calls = [Call(key, described, each) for key, each in networks.items() if each.spec.module is None]
        for answer in pool.ask(calls):
            if answer.error is not None:
                raise answer.error
            del networks[answer.key]
            yield answer.key, answer.value
    for key, network in networks.items():  # and what no worker has answered for
        yield key, _described(network, source=prepared.models[key][2])


def _described(network: Network, *, source: str) -> ModelFacts:
    """Return a network in numbers; a user's own module is run in a process apart."""
    if network.spec.module is None:
        return described(network)
    found = apart(described, network)
    if found.source != source:
        wrong = f"{network.spec.module} has just changed"
        raise ModelError("model.module", wrong=wrong, allowed="run the study again")
    return found


def _identify(study: Study, run: Run, facts: Mapping[str, DataFacts]) -> PreparedRun:
    data = data_key(study, run.recipe.data)
    source = model_source(run.recipe.model, base_dir=study.base_dir)
    shape, classes = facts[data].image_shape, len(facts[data].classes)
    return PreparedRun(
        id=identity(run.key, fingerprint=facts[data].fingerprint, source=source),
        run=run,
        data=data,
        model=digest([run.recipe.model.model_dump(mode="json"), source, list(shape), classes]),
        source=source,
    )


def identity(key: str, *, fingerprint: str, source: str) -> str:
    """Return a run's identity: what the study says of it, its images, and the file of its network ("" for none)."""
    return digest({"run": key, "data": fingerprint, "model": source})


def model_source(spec: ModelSpec, *, base_dir: Path) -> str:
    """Return the digest of a user's model file, "" for layer expressions; needs no torch."""
    if spec.module is None:
        return ""
    path = base_dir / spec.module.rpartition(":")[0]
    try:
        return digest_bytes(path.read_bytes())
    except OSError as error:
        raise ModelError("model.module", wrong=f"cannot read {path}: {error.strerror}") from error
