"""What tables can be written for; apart from their writing, so that `--help` loads nothing for it."""

from enum import StrEnum


class Form(StrEnum):
    """A form of text that tables are pasted into."""

    markdown = "markdown"
    latex = "latex"
