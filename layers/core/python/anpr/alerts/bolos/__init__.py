"""Wanted plates ("be on the look-out"): lists, entries, matching, and the life of a hit."""

from anpr.alerts.bolos.matcher import Matcher
from anpr.alerts.bolos.matching import match, rematch

__all__ = ["Matcher", "match", "rematch"]
