"""In: responses, one per run, or which images are right. Out: estimates, verdicts, power, and sentences they license.

Never: sees an image, counts one as a replicate, reads a file, or calls "undecided" equal.
"""

from paribus.stats.best import BestByLevel, BestSet, best_set
from paribus.stats.classes import ClassDifference, class_differences, class_sentence
from paribus.stats.compare import contrasts
from paribus.stats.conditions import describe
from paribus.stats.correct import Correct
from paribus.stats.dose import DoseResponse, dose_response
from paribus.stats.dose_words import dose_sentences
from paribus.stats.effect_words import best_sentence, effect_sentence, interaction_sentence, interaction_word
from paribus.stats.images import ImageScreen, image_screen, image_screen_sentence
from paribus.stats.improvement import Improvement, improvement, improvement_sentence, superiority
from paribus.stats.interactions import FactorEffect, GridEffects, Interaction, grid_effects
from paribus.stats.margin import smallest_effect
from paribus.stats.mcnemar import McNemar, mcnemar, mcnemar_counts, mcnemar_sentence
from paribus.stats.names import named
from paribus.stats.noise_floor import NoiseFloor, noise_floor, noise_floor_sentence
from paribus.stats.pairing import Pairing, pairing, pairing_sentence
from paribus.stats.permutation import sign_flip, sign_flip_floor
from paribus.stats.plan import can_show, can_show_sequential
from paribus.stats.power import MOST_SEEDS, detectable
from paribus.stats.proportions import clopper_pearson, wilson
from paribus.stats.repeated import SequentialLevels, levels
from paribus.stats.robust import InterquartileMean, ResampledTest, interquartile_mean, resampled_t
from paribus.stats.screen import benjamini_hochberg
from paribus.stats.sequential import Standing, decide, judged, looks, next_seeds
from paribus.stats.student import half_width
from paribus.stats.tables import ConditionEstimate, ContrastEstimate, RunTable, Verdict
from paribus.stats.two_errors import ErrorEstimate, TwoErrors, two_errors, two_errors_sentence
from paribus.stats.weighted import EffectEstimate, judge
from paribus.stats.words import TOO_FEW, answer, seeds_needed_phrase, sentence, spread

__all__ = [
    "MOST_SEEDS",
    "TOO_FEW",
    "BestByLevel",
    "BestSet",
    "ClassDifference",
    "ConditionEstimate",
    "ContrastEstimate",
    "Correct",
    "DoseResponse",
    "EffectEstimate",
    "ErrorEstimate",
    "FactorEffect",
    "GridEffects",
    "ImageScreen",
    "Improvement",
    "Interaction",
    "InterquartileMean",
    "McNemar",
    "NoiseFloor",
    "Pairing",
    "ResampledTest",
    "RunTable",
    "SequentialLevels",
    "Standing",
    "TwoErrors",
    "Verdict",
    "answer",
    "benjamini_hochberg",
    "best_sentence",
    "best_set",
    "can_show",
    "can_show_sequential",
    "class_differences",
    "class_sentence",
    "clopper_pearson",
    "contrasts",
    "decide",
    "describe",
    "detectable",
    "dose_response",
    "dose_sentences",
    "effect_sentence",
    "grid_effects",
    "half_width",
    "image_screen",
    "image_screen_sentence",
    "improvement",
    "improvement_sentence",
    "interaction_sentence",
    "interaction_word",
    "interquartile_mean",
    "judge",
    "judged",
    "levels",
    "looks",
    "mcnemar",
    "mcnemar_counts",
    "mcnemar_sentence",
    "named",
    "next_seeds",
    "noise_floor",
    "noise_floor_sentence",
    "pairing",
    "pairing_sentence",
    "resampled_t",
    "seeds_needed_phrase",
    "sentence",
    "sign_flip",
    "sign_flip_floor",
    "smallest_effect",
    "spread",
    "superiority",
    "two_errors",
    "two_errors_sentence",
    "wilson",
]
