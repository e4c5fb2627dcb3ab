"""What `paribus run --verify` prints."""

from typing import TYPE_CHECKING

from paribus.cli.printing import line, make_table, row, say, styled

if TYPE_CHECKING:
    from paribus.lab import Verified

_STYLES = {"agrees": "green", "differs": "bold red"}


def show_verified(found: "Verified") -> None:
    """Print a run and the same run trained again, side by side."""
    say()
    say(styled("verified", "bold") + styled(f"  {found.condition}, seed {found.seed}: trained again from the start"))
    line("trained", f"stored: {_how(found.stored.path, found.stored.device)}; again: "
         f"{_how(found.again.path, found.again.device)}")  # fmt: skip
    line("losses", found.losses_sentence())
    table = make_table("accuracy", "stored", "again", "difference", "sd over seeds", "n",
                       numbers=("stored", "again", "difference", "sd over seeds", "n"))  # fmt: skip
    for each in found.accuracies:
        sd = f"{100 * each.sd:.2f} pp" if each.sd is not None else ""
        difference = f"{100 * (each.again - each.stored):+.2f} pp"
        table.add_row(each.split, f"{each.stored:.2%}", f"{each.again:.2%}", difference, sd, str(each.n))
    if found.accuracies:
        say(table)
    line("weights", found.weights_sentence())
    row("verdict", found.sentence(), style=_STYLES[found.verdict])


def _how(path: str, device: str) -> str:
    return f"the {'reference loop' if path == 'reference' else f'{path} path'} on {device}"
