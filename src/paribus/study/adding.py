"""Seeds that are added until decided: what a study must have for that."""

from paribus.core import StudyError
from paribus.study.design import SequentialSeeds
from paribus.study.expand import expand
from paribus.study.study import Study

_FIXED = "seeds = 5, or another fixed number"


def check_adding(study: Study) -> None:
    """Raise a StudyError where there is nothing to decide, or no validation split to decide by."""
    if not isinstance(study.design.seeds, SequentialSeeds):
        return
    conditions = expand(study)
    if len(conditions) < 2:
        wrong = "seeds are added until a contrast is decided, and there is one condition"
        raise StudyError("design.seeds", wrong=wrong, allowed=f"{_FIXED}; or a second condition")
    for condition in conditions:
        if not condition.recipe.data.validation:
            wrong = f"there is no validation split to decide by ({condition.name})"
            raise StudyError("design.seeds", wrong=wrong, allowed=f"data.validation = 0.1; or {_FIXED}")
