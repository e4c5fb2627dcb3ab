"""How near the machine's limits the training comes: arithmetic, and for the smallest batches memory."""

import statistics
from dataclasses import replace

from flops import counts
from harness import Case, Contender
from suites.c1 import LOW_RATES, ONE, paribus
from tables import by_contender, values
from tasks import CNN, MLP, Task

NAME = "limit"
TITLE = "Limits: achieved GF/s of one core against its matrix-product peak in the same minute"
NOTE = (
    "FLOP are counted from the layers (matrix products and convolutions only, two for a multiply-add, no slope of "
    "the first layer's input). The peak is the better of numpy's and torch's 1024 x 1024 x 1024 product, float32, "
    "one thread; beside it the share of what multiply-adds alone reach, which no product that is made can exceed: "
    "libraries may stay far below it. The memory bound, for batches 1 and 8: parameters read forward, read "
    "backward (but the first layer's), read and written by the update (and momentum read and written), over the "
    "bandwidth of copying arrays of the size of the parameters. Bounds are upper limits of such a schedule, not "
    "of every one: parameters that stay in the cache from step to step move faster. Products that Paribus skips, "
    "because a pixel is dark (decision 0022), count as made, for it as for the others: its shares say how fast "
    "the same training is, not how busy the core is, and may pass 100 %."
)
SHAPES = [("MLP", MLP, batch, momentum) for momentum in (0.0, 0.9) for batch in (1, 8, 32, 128, 512)]
SHAPES += [("CNN", CNN, batch, 0.9) for batch in (32, 128)]


def tasks(*, quick):
    """Return the tasks by name; in a quick run two of them, small."""
    found = {}
    for net, layers, batch, momentum in SHAPES:
        images = 12_800 if net == "CNN" else 6_000 if batch == 1 else None
        lr = LOW_RATES.get(batch, min(max(0.1 * batch / 128, 0.01), 0.2))
        task = Task(layers=layers, batch=batch, lr=lr, momentum=momentum, train_images=images)
        name = f"{net}, batch {batch}, " + (f"momentum {momentum}" if momentum else "plain SGD")
        found[name] = replace(task, train_images=512) if quick else task
    return {
        name: task for name, task in found.items() if not quick or (task.batch, task.momentum) in ((8, 0), (32, 0.9))
    }


def cases(settings):
    made = []
    for name, task in tasks(quick=settings.quick).items():
        convolutions = task.layers == CNN
        peer = ("JAX, compiled step", "jax_step") if convolutions else ("JAX, epoch in lax.scan", "jax_scan")
        torch = replace(task, variant="channels_last" if convolutions else "")
        contenders = (
            Contender("PyTorch, in memory, fused SGD", "torch_memory", torch, **ONE),
            Contender(*peer, task, **ONE),
            paribus(task),
        )
        made.append(Case(name, contenders, copies=(sum(counts(task).parameters),)))
    return made


def summary(made):
    """Return a table of shares of the peak, and of the memory bound where it matters."""
    lines = ["| network | contender | images/s | GF/s | of peak | of multiply-adds | memory bound, images/s | of it |"]
    lines += ["| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    known = tasks(quick=False)
    for case in dict.fromkeys(each.case for each in made):
        task, found = known[case], by_contender(made, case)
        for name, measurements in found.items():
            if measurements:
                lines.append(_row(case, name, measurements, task=task))
    return lines


def _row(case, name, measurements, *, task):
    count = counts(task)
    rate = statistics.median(values(measurements, "images_per_second"))
    peak = statistics.median(each.probe["gflops"] for each in measurements)
    most = [each.probe["multiply_adds"] for each in measurements if each.probe["multiply_adds"]]
    reached = rate * count.training_flop / 1e9
    bound = share = ""
    if task.batch <= 8:
        copied = statistics.median(next(iter(each.probe["copy_gb_per_second"].values())) for each in measurements)
        fastest = task.batch * copied * 1e9 / count.traffic_bytes(momentum=task.momentum)
        bound, share = f"{fastest:,.0f} ({copied:.0f} GB/s)", f"{rate / fastest:.0%}"
    shares = f"{reached / peak:.0%} | " + (f"{reached / statistics.median(most):.0%}" if most else "")
    return f"| {case} | {name} | {rate:,.0f} | {reached:.1f} | {shares} | {bound} | {share} |"
