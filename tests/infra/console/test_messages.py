"""Each language has every text, and every text that is asked for is there."""

import re
from collections import Counter
from pathlib import Path

import pytest

from infra.console.npm import CONSOLE

MESSAGES = CONSOLE / "app" / "messages"
_ENTRY = re.compile(r"^  '([\w.]+)':\s*(.*?)(?=^  '[\w.]+':|^  //|^\})", re.MULTILINE | re.DOTALL)


def messages(language: str) -> dict[str, str]:
    """A language's texts, with those of pages that have a file of their own."""
    return dict(entries(language))


def entries(language: str) -> list[tuple[str, str]]:
    """Keys and texts of all of a language's files, as they stand there."""
    files = sorted(MESSAGES.rglob(f"{language}.js"))
    return [entry for path in files for entry in _ENTRY.findall(path.read_text(encoding="utf-8"))]


def languages() -> list[str]:
    return sorted(path.stem for path in MESSAGES.glob("*.js"))


def sources() -> list[Path]:
    return [path for path in (CONSOLE / "app").rglob("*.js") if MESSAGES not in path.parents]


def test_there_are_english_and_german() -> None:
    assert {"en", "de"} <= set(languages())


@pytest.mark.parametrize("language", languages())
def test_a_language_has_every_key_and_no_other(language: str) -> None:
    assert set(messages(language)) == set(messages("en"))


@pytest.mark.parametrize("language", languages())
def test_no_key_is_in_two_places_of_which_one_counts(language: str) -> None:
    keys = Counter(key for key, _ in entries(language))
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("language", languages())
def test_a_text_has_the_same_names_to_fill_in_as_the_english_one(language: str) -> None:
    def names(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    english, other = messages("en"), messages(language)
    assert {key: names(other[key]) for key in other} == {key: names(english[key]) for key in other}


@pytest.mark.parametrize("language", languages())
def test_no_text_is_empty_and_german_is_no_copy(language: str) -> None:
    assert [key for key, text in messages(language).items() if re.fullmatch(r"''|\"\"", text.strip().rstrip(","))] == []
    if language != "en":
        same = [key for key, text in messages(language).items() if text == messages("en")[key]]
        assert len(same) < len(messages("en")) / 10


def test_every_text_that_is_asked_for_is_there_and_the_others_are_gone() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources())
    asked = set(re.findall(r"\bt\(\s*'([\w.]+)'", code)) | set(re.findall(r"(?:title|text): '([a-z_]+\.[\w.]+)'", code))
    prefixes = set(re.findall(r"\bword\('(\w+)'|\bof=\"(\w+)\"", code))
    built = {one for pair in prefixes for one in pair if one}
    built |= {one.rstrip(".") for one in re.findall(r"`([\w.]+)\$\{", code) if "." in one}
    english = set(messages("en"))
    # A table of texts has its keys as values; whatever is a key and stands in quotes is one.
    asked |= english & set(re.findall(r"'([a-z_]+\.[\w.]+)'", code))

    assert asked - english == set()
    assert {key for key in english - asked if not any(key.startswith(f"{prefix}.") for prefix in built)} == set()
