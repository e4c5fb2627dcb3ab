"""[vary]: factors and their levels, each with the short name that tables and pictures show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from paribus.core import StudyError, nearest
from paribus.study.complaints import place
from paribus.study.design import Design
from paribus.study.paths import RECIPE_PATHS, SECTIONS, nearest_path, overlaps
from paribus.study.reading import read_toml
from paribus.study.values import described, same, shown, toml_text

_MOST_LEVELS = 1_000
_MOST_CHARACTERS = 60
_HOW_TO_LABEL = '{ label = "NAME", ... } for a table, { label = "NAME", value = [...] } for a list'


@dataclass(frozen=True, slots=True)
class Level:
    """One value of a factor.

    Attributes:
        label: unique among the factor's levels; for a scalar its TOML text.
        value: what the recipe gets; tuples for lists.
    """

    label: str
    value: object

    @property
    def is_named(self) -> bool:
        """Whether the label says more than the value, so that a condition's name needs no factor in front."""
        return isinstance(self.value, Mapping | tuple) or self.label != _text(self.value)


Factors = Mapping[str, tuple[Level, ...]]
Stop = Callable[[str, Mapping[str, object]], bool]


def read_factors(vary: Mapping[str, object], *, section: str = "vary") -> dict[str, tuple[Level, ...]]:
    """Return the levels of each varied (or tuned) path, in the order of the file.

    Raises:
        StudyError: an unknown path, overlapping paths, no or too many levels, labels missing or given twice.
    """
    factors: dict[str, tuple[Level, ...]] = {}
    for path, raw in flat(vary, stop=lambda _, table: "label" in table).items():
        where = place((section, path))
        if (key := path.partition(".")[0]) in Design.model_fields:
            raise StudyError(where, wrong="unknown key: is [design] missing above it?", nearest=f"design.{key}")
        check_path(path, where)
        if twin := next((each for each in factors if overlaps(each, path)), None):
            raise StudyError(where, wrong=f"overlaps with {place((section, twin))}", allowed="one of the two")
        factors[path] = _read_levels(raw, path, section=section)
    return factors


def flat(table: Mapping[str, object], *, stop: Stop, prefix: str = "") -> dict[str, object]:
    """Return paths and values: `train.lr = 1` and `"train.lr" = 1` mean the same factor.

    Args:
        table: perhaps with tables inside, as TOML's dotted keys make them.
        stop: tells from path and value where a path ends.
        prefix: path of the table.
    """
    paths: dict[str, object] = {}
    for key, value in table.items():
        path = prefix + key
        if isinstance(value, Mapping) and not stop(path, value):
            paths.update(flat(value, stop=stop, prefix=f"{path}."))
        else:
            paths[path] = value
    return paths


def ends_condition(path: str, value: Mapping[str, object]) -> bool:
    """Return whether a table in a condition is a value: data, model and train are if they have a label."""
    return path not in SECTIONS or "label" in value


def check_path(path: str, where: str) -> None:
    """Raise a StudyError unless a recipe has such a path."""
    if path not in RECIPE_PATHS:
        allowed = 'a path of the recipe, for example "train.lr"'
        raise StudyError(where, wrong="unknown key", allowed=allowed, nearest=nearest_path(path))


def read_level(raw: object, where: str) -> Level:
    """Return a level; a table may name itself by a `label`, which is taken out.

    Raises:
        StudyError: a label is needed, or is none.
    """
    if not isinstance(raw, Mapping) or "label" not in raw:
        label = _text(raw)
        if label is None:
            raise StudyError(where, wrong=f"{described(raw)} and needs a label", allowed=_HOW_TO_LABEL)
        return Level(label, raw)
    label = raw["label"]
    if not isinstance(label, str):
        raise StudyError(f"{where}.label", wrong=f"{described(label)}, not text", allowed="text")
    check_label(label, f"{where}.label")
    rest = {key: value for key, value in raw.items() if key != "label"}
    return Level(label, rest["value"] if rest.keys() == {"value"} else rest)


def check_label(label: str, where: str) -> None:
    """Raise a StudyError unless a label can stand in a table's cell."""
    if not _is_label(label):
        allowed = f"1 to {_MOST_CHARACTERS} printable characters, no space at the ends"
        raise StudyError(where, wrong=f"{shown(label)} cannot be a label", allowed=allowed)


def find_level(wanted: object, levels: tuple[Level, ...], where: str) -> Level:
    """Return the level that a label or a value means.

    Raises:
        StudyError: there is none.
    """
    for level in levels:
        if wanted == level.label or same(wanted, level.value):
            return level
    labels = [level.label for level in levels]
    near = nearest(wanted, labels) if isinstance(wanted, str) else ""
    raise StudyError(where, wrong=f"{shown(wanted)} is no level", allowed=", ".join(labels[:20]), nearest=near)


def _read_levels(raw: object, path: str, *, section: str) -> tuple[Level, ...]:
    where = place((section, path))
    if not isinstance(raw, tuple):
        hint = f"a list of levels: {shown(_meant(raw))}"
        raise StudyError(where, wrong=f"{described(raw)}, not a list of levels", allowed=hint)
    if not 1 <= len(raw) <= _MOST_LEVELS:
        raise StudyError(where, wrong=f"has {len(raw):,} levels", allowed=f"1 to {_MOST_LEVELS:,}")
    levels = tuple(read_level(each, place((section, path, index))) for index, each in enumerate(raw))
    seen: set[str] = set()
    for index, level in enumerate(levels):
        if level.label in seen:
            wrong = f"a second level with the label {shown(level.label)}"
            raise StudyError(place((section, path, index)), wrong=wrong, allowed="each label once")
        seen.add(level.label)
    return levels


def _meant(raw: object) -> tuple[object, ...]:
    """Return the levels that a single value was probably meant as: 0.01 and 0.1 for the text "0.01,0.1"."""
    if not isinstance(raw, str):
        return (raw,)
    try:
        found = read_toml(f"value = [{raw}]", where="").get("value")
    except StudyError:
        found = None
    return found if isinstance(found, tuple) and found else tuple(part.strip() for part in raw.split(","))


def _text(value: object) -> str | None:
    """Return the label of a scalar or of a small table; None where a person has to find one."""
    if isinstance(value, tuple):
        return None
    if isinstance(value, Mapping):
        return _table_text(value)
    text = value if isinstance(value, str) else toml_text(value)
    return text if _is_label(text) else None


def _table_text(table: Mapping[str, object]) -> str | None:
    leaves = flat(table, stop=lambda _, inner: not inner)
    if not 1 <= len(leaves) <= 2:
        return None
    texts = {path: "" if value == {} else _text(value) for path, value in leaves.items()}
    if None in texts.values():
        return None
    text = ", ".join(f"{path}={text}" if text else path for path, text in texts.items())
    return text if _is_label(text) else None


def _is_label(text: str) -> bool:
    return 1 <= len(text) <= _MOST_CHARACTERS and text.isprintable() and text == text.strip()
