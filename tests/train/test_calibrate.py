"""Plans: which are measured, which is chosen, and why the native path is not among them."""

import dataclasses
from pathlib import Path

import pytest
from making import CNN, MLP, make_recipe

from paribus.train import Plan, Planned, Question, agreed, as_plain, calibrate, from_plain, planned


def _question(layers=MLP, *, device="cpu", **train):
    return Question(make_recipe(layers, **train), (1, 8, 8), 4, Path(), device, "")


def test_a_stack_of_layers_is_planned_from_measured_speeds():
    found = planned(_question(CNN))
    assert found.reason == ""
    assert tuple(plan for plan, _ in found.speeds) == calibrate.candidates(make_recipe(CNN), device="cpu")
    assert all(speed > 0 for _, speed in found.speeds)
    assert found.plan in dict(found.speeds)


def test_the_fastest_is_chosen_but_not_for_a_hair(monkeypatch):
    speeds = {"reference": 1.0, "native": 1.0}
    monkeypatch.setattr(calibrate, "_images_per_second", lambda path, seconds: speeds[path.bench.plan.path])  # noqa: ARG005
    assert planned(_question()).plan.path == "native"  # the first is preferred
    speeds["reference"] = 1.07
    assert planned(_question()).plan.path == "native"
    speeds["reference"] = 1.09
    assert planned(_question()).plan == Plan(path="reference")


def test_a_machine_that_stalls_while_the_preferred_plan_is_measured_does_not_decide(monkeypatch):
    calls = []

    def measured(path, seconds):
        if path.bench.plan.linear != "tiles" or not seconds:
            return 1e6
        calls.append(path)
        return 0.3e6 if len(calls) <= 3 else 1e6  # all rounds but those that confirm

    monkeypatch.setattr(calibrate, "_images_per_second", measured)
    assert planned(_question()).plan.linear == "tiles"


def test_skipping_dark_pixels_is_measured_where_there_are_some_and_a_linear_sees_them():
    def tried(layers, dark):
        return {plan.linear for plan in calibrate.candidates(make_recipe(layers), device="cpu", dark=dark)}

    assert "sparse" in tried(MLP, 0.8) & tried(("Identity", "Flatten()", *MLP[1:]), 0.8)
    assert "sparse" not in tried(MLP, 0.2) | tried(CNN, 0.8)
    question = dataclasses.replace(_question(), dark=0.8)
    assert "sparse" in {plan.linear for plan, speed in planned(question).speeds if speed > 0}
    assert question.key != _question().key


def test_networks_that_see_no_pixels_by_a_linear_do_not_keep_others_from_skipping_dark_ones():
    skipping = Plan(path="native", linear="sparse", convolution="tiles")
    features = Planned(NATIVE, ((NATIVE, 10.0), (skipping, 20.0), (PLAIN, 5.0)), "")
    images = Planned(NATIVE, ((NATIVE, 10.0), (LAST, 5.0)), "")
    shared = agreed({"a": features, "b": images})
    assert {each.plan for each in shared.values()} == {skipping}
    assert {each.plan for each in agreed({"b": images}).values()} == {NATIVE}
    assert {each.plan for each in agreed({"b": images}, used=[skipping]).values()} == {skipping}


def test_a_layer_without_a_native_form_leaves_the_plain_loop_and_says_so():
    found = planned(_question(("Flatten", "Linear(6)", "BatchNorm1d", "Linear(classes)")))
    assert found.plan == Plan()
    assert found.reason == "BatchNorm1d has no native form"


def test_reduced_precision_and_other_devices_are_for_the_plain_loop():
    assert planned(_question(precision="bfloat16")).plan == Plan()
    assert planned(_question(CNN, device="cuda")).plan == Plan(device="cuda", memory_format="channels_last")


def test_a_plan_is_asked_for_again_only_where_the_answer_may_differ():
    key = _question().key
    assert _question(lr=0.5, weight_decay=0.1, epochs=7).key == key
    assert _question(batch_size=8).key != key
    assert _question(CNN).key != key
    assert _question(optimizer="Adam").key != key


NATIVE, SCIPY = (Plan(path="native", linear=each, convolution=each) for each in ("tiles", "scipy"))
PLAIN, LAST = Plan(), Plan(memory_format="channels_last")


def test_networks_of_one_study_take_one_plan_the_fastest_for_all_together():
    found = {
        "mlp": Planned(NATIVE, ((NATIVE, 30.0), (SCIPY, 20.0), (PLAIN, 10.0)), ""),
        "cnn": Planned(SCIPY, ((NATIVE, 2.0), (SCIPY, 3.0), (LAST, 1.0)), ""),
        "norm": Planned(PLAIN, ((PLAIN, 5.0),), "BatchNorm1d has no native form"),
    }
    plans = {key: each.plan for key, each in agreed(found).items()}
    assert plans == {"mlp": SCIPY, "cnn": SCIPY, "norm": PLAIN}  # the slow network decides: 1/20 + 1/3 < 1/30 + 1/2
    assert agreed(found, used=[PLAIN, NATIVE])["cnn"].plan == NATIVE  # a study stays with what it has begun with
    slower = {key: agreed(found, used=[PLAIN])[key].plan for key in ("mlp", "cnn")}
    assert slower == {"mlp": PLAIN, "cnn": LAST}  # the memory format follows from the network
    assert agreed({"norm": found["norm"]}) == {"norm": found["norm"]}


@pytest.mark.parametrize("speeds", [(), ((NATIVE, 12.5),)])
def test_a_plan_comes_back_from_where_it_was_kept(speeds):
    found = Planned(Plan(path="native", linear="torch"), speeds, "because")
    assert from_plain(as_plain(found)) == found
