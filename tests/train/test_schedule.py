"""Schedules against torch's own schedulers."""

import pytest
import torch
from making import make_recipe
from torch.optim import lr_scheduler

from paribus.train import learning_rate, steps_per_epoch, total_steps

IMAGES = 100  # batch 16: 7 updates an epoch
EPOCHS = 6


def _rates(schedule):
    spec = make_recipe(lr=0.2, epochs=EPOCHS, schedule=schedule).train
    return [learning_rate(spec, step=step, images=IMAGES) for step in range(total_steps(spec, images=IMAGES))]


def _torch_rates(make, *, per_epoch):
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=0.2)
    scheduler = make(optimizer)
    rates = []
    for step in range(EPOCHS * 7):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if (not per_epoch or step % 7 == 6) and step < EPOCHS * 7 - 1:
            scheduler.step()
    return rates


CASES = {
    "exponential": ({"exponential": 0.9}, lambda o: lr_scheduler.ExponentialLR(o, 0.9), True),
    "step": ({"step": {"step_size": 2, "gamma": 0.5}}, lambda o: lr_scheduler.StepLR(o, 2, 0.5), True),
    "cosine": (
        {"cosine": {"eta_min": 0.01}},
        lambda o: lr_scheduler.CosineAnnealingLR(o, EPOCHS * 7, eta_min=0.01),
        False,
    ),
    "onecycle": (
        {"onecycle": {"pct_start": 0.4, "div_factor": 10.0, "final_div_factor": 100.0}},
        lambda o: lr_scheduler.OneCycleLR(
            o, 0.2, total_steps=EPOCHS * 7, pct_start=0.4, div_factor=10, final_div_factor=100, cycle_momentum=False
        ),
        False,
    ),
}


@pytest.mark.parametrize(("schedule", "make", "per_epoch"), CASES.values(), ids=CASES)
def test_the_rates_are_torch_schedulers_rates(schedule, make, per_epoch):
    assert _rates(schedule) == pytest.approx(_torch_rates(make, per_epoch=per_epoch), rel=1e-9)


def test_constant_is_constant():
    assert set(_rates("constant")) == {0.2}


@pytest.mark.parametrize(("steps", "share"), [(1, 0.3), (2, 0.3), (3, 0.3), (4, 0.25), (2, 0.5), (1, 0.99)])
def test_a_one_cycle_of_few_updates_stays_finite(steps, share):
    spec = make_recipe(steps=steps, schedule={"onecycle": {"pct_start": share}}).train
    rates = [learning_rate(spec, step=step, images=IMAGES) for step in range(total_steps(spec, images=IMAGES))]
    assert len(rates) == steps
    assert all(0 < rate <= spec.lr for rate in rates)


def test_the_last_batch_may_be_smaller():
    assert steps_per_epoch(make_recipe().train, images=IMAGES) == 7
