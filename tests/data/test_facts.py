import numpy as np
from sklearn.datasets import load_digits

from paribus.core import Streams
from paribus.data import describe_data, load_images
from paribus.study import DataSpec, Standardization


def test_the_facts_of_the_digits():
    spec = DataSpec(source="digits", validation=0.2, train_images=1000)
    facts = describe_data(load_images(spec), spec, streams=Streams(0))
    assert (facts.source, facts.classes, facts.image_shape) == ("digits", tuple("0123456789"), (1, 8, 8))
    assert (sum(facts.train), sum(facts.validation), sum(facts.test)) == (1000, 288, 359)
    used = np.add(np.add(facts.train, facts.validation), facts.test)
    assert (used <= np.bincount(load_digits().target)).all()
    assert facts.split == "fixed, stratified; 1,000 / 288 / 359; 150 training images not used"
    assert facts.normalization.startswith("mean 0.30")
    assert facts.normalization.endswith("per channel, of the training split")


def test_sentences_name_what_was_given(made):
    images = made([0, 1] * 20)
    raw = DataSpec(source="mnist", normalize=False, split="seed")
    facts = describe_data(images, raw, streams=Streams(0))
    assert (facts.normalization, facts.split) == (
        "none: pixels / 255",
        "drawn by the seed, stratified; 40 / 0 / 4",
    )
    given = DataSpec(source="mnist", normalize=Standardization(mean=(0.5,), std=(0.25,)))
    sentence = describe_data(images, given, streams=Streams(0)).normalization
    assert sentence == "mean 0.5000, standard deviation 0.2500 per channel, as given"
