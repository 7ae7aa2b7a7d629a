"""Wanted plates ("be on the look-out"): lists, entries, matching, and the life of a hit."""

from anpr.bolos.matcher import Matcher
from anpr.bolos.matching import match, rematch

__all__ = ["Matcher", "match", "rematch"]
