"""What people put on plates that they may compose themselves, and plates of layouts that nobody wrote down.

Runs of letters and runs of digits: P(text) is a Markov chain of kinds. Half of such texts have letters at random, half
have them as words do, vowels and consonants taking turns: so an O among letters is likelier than a 0, as on a plate
that says HELLO, and II is no part of a word. There is no dictionary. Pure functions.
"""

from typing import Final

from gpu_worker.vision.recognition.layouts import shape_of

_BY_LENGTH: Final = (0.0, 0.005, 0.02, 0.06, 0.1, 0.17, 0.27, 0.27, 0.07, 0.025, 0.01)
"""Plates by length, from 0 characters on."""

_STARTS_WITH_LETTER: Final = 0.7
_STAYS_DIGIT: Final = 0.75
_STAYS_WORD: Final = 0.85
_STAYS_RANDOM: Final = 0.6
"""How often a letter follows a letter: words are long; letters at random seldom come in more than threes."""

_VOWELS: Final = {"E": 0.29, "A": 0.23, "I": 0.17, "O": 0.18, "U": 0.1, "Y": 0.03}
_CONSONANTS: Final = {
    "R": 0.105,
    "T": 0.1,
    "N": 0.1,
    "S": 0.1,
    "L": 0.08,
    "C": 0.065,
    "D": 0.06,
    "M": 0.06,
    "P": 0.05,
    "H": 0.05,
    "G": 0.045,
    "B": 0.045,
    "F": 0.03,
    "K": 0.03,
    "W": 0.025,
    "V": 0.02,
    "X": 0.01,
    "Z": 0.01,
    "J": 0.01,
    "Q": 0.005,
}
_VOWEL_FIRST: Final = 0.3
_VOWEL_AFTER_VOWEL: Final = 0.18
_VOWEL_AFTER_CONSONANT: Final = 0.55
_SELDOM: Final = "IOQ"
_RANDOM_LETTER, _SELDOM_LETTER = 1 / 23.75, 0.25 / 23.75
"""Most countries use fewer of the letters that look like digits, or none."""


def of_shape(shape: str) -> float:
    """Compute how likely such a plate is to be composed like `shape`, `L` for each letter and `D` for each digit."""
    return 0.5 * _of_shape(shape, _STAYS_WORD) + 0.5 * _of_shape(shape, _STAYS_RANDOM)


def _of_shape(shape: str, stays_letter: float) -> float:
    if not 0 < len(shape) < len(_BY_LENGTH):
        return 0.0
    probability = _BY_LENGTH[len(shape)]
    previous = ""
    for kind in shape:
        letter = _STARTS_WITH_LETTER if not previous else stays_letter if previous == "L" else 1 - _STAYS_DIGIT
        probability *= letter if kind == "L" else 1 - letter
        previous = kind
    return probability


def probability(text: str) -> float:
    """Compute how likely such a plate is to say `text` (normalised); 0 for texts longer than any plate's."""
    shape = shape_of(text)
    word, random = _of_shape(shape, _STAYS_WORD), _of_shape(shape, _STAYS_RANDOM)
    vowel = _VOWEL_FIRST
    for character in text:
        if character.isdigit():
            word, random, vowel = word * 0.1, random * 0.1, _VOWEL_FIRST
        else:
            random *= _SELDOM_LETTER if character in _SELDOM else _RANDOM_LETTER
            if character in _VOWELS:
                word, vowel = word * vowel * _VOWELS[character], _VOWEL_AFTER_VOWEL
            else:
                word, vowel = word * (1 - vowel) * _CONSONANTS[character], _VOWEL_AFTER_CONSONANT
    return 0.5 * word + 0.5 * random
