"""`python -m paribus` is the same as `paribus`."""

from paribus.cli import main

main()
