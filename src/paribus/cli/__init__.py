"""In: words on the command line. Out: the lab's answers, printed for people or as JSON; an exit code.

Never: decides anything, knows a room but the lab, imports torch, scipy or altair before a verb needs them.
"""

from paribus.cli.commands import app, main

__all__ = ["app", "main"]
