"""What of a Markdown page can be linked to."""

import re


def headings(markdown: str) -> list[str]:
    """The headings of a page, in order; lines of code that begin with `#` are none."""
    return re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)


def anchor(heading: str) -> str:
    """What GitHub names a heading in links."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(markdown: str) -> set[str]:
    """Names of all headings of a page."""
    return {anchor(heading) for heading in headings(markdown)}
