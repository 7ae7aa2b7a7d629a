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


def rows_of(markdown: str, first_heading: str) -> list[list[str]]:
    """The rows of the table whose first column has this heading, each as its cells."""
    lines = iter(markdown.splitlines())
    for line in lines:
        if line.startswith(f"| {first_heading} |"):
            break
    next(lines)
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def code_blocks(markdown: str, *, containing: str, language: str = "sh") -> list[str]:
    """The code in a language on a page, block by block, where it has a text in it."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if containing in block]
