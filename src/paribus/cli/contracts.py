"""What speaks against networks of one's own, before they are trained."""

from typing import TYPE_CHECKING

from paribus.data import Finding

if TYPE_CHECKING:
    from paribus.lab import Check


def contract_findings(check: "Check") -> tuple[Finding, ...]:
    """Return what `paribus.testing.check_model` says against the modules of a study; each is run in a process apart."""
    from paribus.study import expand  # noqa: PLC0415  rooms are imported when a verb needs them

    facts = {name: data for data, names in check.data for name in names}
    wanted = {
        (each.recipe.model.module, facts[each.name].image_shape, len(facts[each.name].classes), each.recipe.train.loss)
        for each in expand(check.study)
        if each.recipe.model.module is not None and each.name in facts
    }
    if not wanted:
        return ()
    from paribus.testing import check_model  # noqa: PLC0415  torch

    found: dict[Finding, None] = {}
    for module, shape, classes, loss in sorted(wanted):
        base_dir = check.study.base_dir
        contract = check_model(module, image_shape=shape, classes=classes, loss=loss, base_dir=base_dir)
        for sentence in contract.against:
            found[Finding("model-contract", "warn", "model.module", f"{module}: {sentence}", "")] = None
    return tuple(found)
