"""Files that give no image, in few lines however many there are: together by reason and by ending."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

_NAMED = 3  # so many files with one reason are named one by one
_MOST_ENDINGS = 4


def ending_of(name: str) -> str:
    """Return the ending of a file's name in small letters, with its dot; "without an ending" where it has none."""
    return PurePosixPath(name).suffix.lower() or "without an ending"


def by_ending(names: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Return endings and how many of the names have them, the commonest first."""
    return tuple(Counter(map(ending_of, names)).most_common())


def counted_endings(endings: Sequence[tuple[str, int]]) -> str:
    """Return "3,600 .ogg, 400 .txt"; of many endings the commonest."""
    rest = sum(count for _, count in endings[_MOST_ENDINGS:])
    listed = [f"{count:,} {ending}" for ending, count in endings[:_MOST_ENDINGS]]
    return ", ".join([*listed, *([f"{rest:,} others"] if rest else [])])


def bad_file_lines(skipped: Sequence[str]) -> tuple[str, ...]:
    """Return what is to be said of files that were left out, a line for each reason or, of few, for each file.

    Reasons that differ only behind a colon, as those of the decoders, count as one.

    Args:
        skipped: files with their reasons ("cats/7.png: is empty").
    """
    groups: dict[str, list[str]] = {}
    for each in skipped:
        groups.setdefault(each.partition(": ")[2].partition(": ")[0], []).append(each)
    lines: list[str] = []
    for reason, files in sorted(groups.items(), key=lambda group: -len(group[1])):
        if len(files) <= _NAMED:
            lines += files
            continue
        names = [each.partition(": ")[0] for each in files]
        reasons = {each.partition(": ")[2] for each in files}
        said = reasons.pop() if len(reasons) == 1 else reason
        lines.append(f"{counted_endings(by_ending(names))}: {said} (the first: {names[0]})")
    return tuple(lines)
