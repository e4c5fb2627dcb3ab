"""A task's network and optimizer in PyTorch: torch's own layers with torch's own initial weights."""

import torch
from tasks import parsed
from torch import nn

LOSSES = {"cross_entropy": nn.CrossEntropyLoss, "nll": nn.NLLLoss}
LAZY = {"Conv2d": nn.LazyConv2d, "Linear": nn.LazyLinear}


def network(task, *, seed):
    """Return the network; the lazy layers become Conv2d and Linear once an image has passed."""
    torch.manual_seed(seed)
    made = []
    for name, arguments, named in map(parsed, task.layers):
        made.append(LAZY.get(name, getattr(nn, name))(*arguments, **named))
    model = nn.Sequential(*made)
    with torch.no_grad():
        model.eval()(torch.zeros(1, *task.shape))
    return model.train()


def optimizer(task, model, *, lr, fused):
    if task.optimizer == "SGD":
        return torch.optim.SGD(model.parameters(), lr=lr, momentum=task.momentum, fused=fused)
    return torch.optim.Adam(model.parameters(), lr=lr, betas=tuple(task.betas), fused=fused)


def schedules(task, made, *, lr, steps):
    """Return the schedules to be stepped after every update, and after every epoch; either may be None."""
    schedule = task.schedule or {}
    every_step = every_epoch = None
    if "onecycle" in schedule:
        every_step = torch.optim.lr_scheduler.OneCycleLR(made, max_lr=lr, total_steps=steps, cycle_momentum=False)
    if "exponential" in schedule:
        every_epoch = torch.optim.lr_scheduler.ExponentialLR(made, schedule["exponential"])
    return every_step, every_epoch
