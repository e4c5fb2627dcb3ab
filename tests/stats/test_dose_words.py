from dataclasses import replace

from paribus.stats import RunTable, dose_response, dose_sentences

SEEDS = ((0.0004, -0.0003, 0.0001, -0.0005, 0.0003), (-0.0002, 0.0004, -0.0004, 0.0001, 0.0002))
SEEDS = (*SEEDS, (0.0003, 0.0002, -0.0003, -0.0001, -0.0002), (0.0001, -0.0004, 0.0005, 0.0002, -0.0004))


def found_for(**means):
    runs = {
        name: dict(enumerate([mean + each for each in SEEDS[place]]))
        for place, (name, mean) in enumerate(means.items())
    }
    doses = {name: 10.0**place for place, name in enumerate(means)}
    return runs, dose_response(RunTable(runs, next(iter(runs)), 10_000), doses, smallest_effect=0.005)


def test_a_best_at_the_edge_asks_for_more():
    said = dose_sentences(found_for(low=0.95, middle=0.9, high=0.6)[1], alpha=0.05)
    assert said[0] == "As far as is shown, the response falls from level to level: no rise is shown."
    assert "That line describes it badly, it bends: +" in said[2]
    assert said[3].startswith("The largest step between neighbours is from middle to high: -30.0")
    assert said[4] == "The best of these levels is low (found with 95 % confidence, all levels compared)."
    assert said[5:] == ("The best level, low, is the smallest tried: try smaller ones.",)


def test_the_best_is_among_several_and_a_wider_range_may_hold_a_better_one():
    said = dose_sentences(found_for(low=0.6, middle=0.9001, high=0.9)[1], alpha=0.05)
    assert "middle has the largest mean; with 95 % confidence the best of the levels is among middle and high." in said
    assert "From middle to high no level is shown to be worse than the best." in said
    assert "From middle to high the levels are equivalent, every two of them." in said
    assert said[-1] == (
        "The largest level tried is not shown to be worse than the best: a better one may be larger still."
    )


def test_diverged_levels_are_named_as_cliffs():
    runs, _ = found_for(a=0.6, b=0.8, c=0.9, d=0.9)
    runs["d"][3] = None
    found = dose_response(RunTable(runs, "a", 100), {"a": 1, "b": 2, "c": 3, "d": 4}, smallest_effect=None)
    said = dose_sentences(found, alpha=0.05)
    assert "d diverged in a run or more: a cliff, whatever its other runs gave." in said
    assert any(each.endswith("without d (diverged).") for each in said)
    assert "d could not be compared, and may be the best." in said


def test_undecided_is_not_said_to_be_nothing():
    _, found = found_for(a=0.9, b=0.9, c=0.9)
    said = dose_sentences(replace(found, shape="undecided", trend=None, reason="Why."), alpha=0.05)
    assert said[:2] == (
        "Neither a rise nor a fall along the levels is shown, which does not mean that there is none.",
        "Why.",
    )
