"""What `paribus compare` prints."""

from typing import TYPE_CHECKING

from paribus.cli.printing import line, make_table, say, styled

if TYPE_CHECKING:
    from paribus.lab import Comparison


def show_comparison(found: "Comparison") -> None:
    """Print one contrast in depth."""
    say(styled(f"{found.condition} against {found.baseline}", "bold") + styled(f"  {found.study}"))
    seeds = make_table("seed", found.condition, found.baseline, "difference", numbers=("seed", "difference"))
    for seed, (treated, base), difference in found.by_seed:
        seeds.add_row(str(seed), f"{treated:.2%}", f"{base:.2%}", f"{100 * difference:+.2f} pp")
    say(seeds)
    say()
    for sentence in found.sentences:
        line("", sentence)
    if not found.declared and "exploratory" not in found.estimate.reason:
        line("note", "This contrast was not declared: it is exploratory.")
    if found.sealed:
        line("note", found.sealed)
    if found.classes:
        say()
        _show_classes(found)


def show_pictures(said: str) -> None:
    """Print where the pictures are, or why there are none."""
    line("pictures", said)


def _show_classes(found: "Comparison") -> None:
    table = make_table("class", "images", "difference", "interval", "p", numbers=("images", "difference", "p"))
    for each in found.classes:
        difference = "" if each.difference is None else f"{100 * each.difference:+.2f} pp"
        interval = (
            f"{100 * each.interval[0]:+.2f} to {100 * each.interval[1]:+.2f} pp" if each.interval else each.reason
        )
        p = "" if each.p_adjusted is None else f"{each.p_adjusted:.3f}"
        table.add_row(styled(each.name), f"{each.images:,}", difference, styled(interval), p)
    say(table)
    line("", "class by class: exploratory; p is corrected for the number of classes (Benjamini-Hochberg)")
