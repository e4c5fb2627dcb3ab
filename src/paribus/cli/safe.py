"""Text from outside, made safe for a terminal."""


def plain(text: str) -> str:
    """Return text without control characters other than line breaks, so that no name can move the cursor."""
    return "".join(each if each == "\n" or each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
