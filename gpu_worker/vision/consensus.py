"""Voting many reads of one plate into one: what the text is, how sure each character is, and what else it could be.

Every read brings the posteriors of its characters. Candidates are gathered from all reads; each is scored by its
likelihood under every read, weighted by how good the picture was, times how likely it is on a plate (`prior`). So a
character that is unsure in one picture is settled by the others, whatever lengths the single reads have.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.recognition import PlateText, ctc, formats, lookalikes
from gpu_worker.vision.recognition.prior import WORLD, CameraPrior
from gpu_worker.vision.recognition.regions import pooled

_PRIOR_WEIGHT = 0.5
"""Power of the prior. A reader's posteriors are no likelihoods: it has learnt what plates say from those it saw."""
_PER_CHARACTER = 3.0
"""What each character gives back of its cost in the prior (nats; a letter of 26 costs 3.3): that there is one more is
for the reader to say, who has learnt how many there are too."""
_UNSURE_BELOW = 0.4
_LEAD = 3.0  # nats: 20 times as likely as any other text
_SURE_SCORE = 0.9
_MAX_CANDIDATES = 5

MIN_LENGTH, MAX_LENGTH = 3, 10
"""Plates have 3 to 10 characters; burnt-in clocks have more (14), hub caps and lamps fewer."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that a plate may say.

    Attributes:
        plate: normalised text.
        score: its share of the belief among all candidates, 0 to 1.
    """

    plate: str
    score: float


@dataclass(frozen=True, eq=False)
class Ballot:
    """One read and how much it counts.

    Attributes:
        read: what the engine read.
        weight: positive; reads of sharp, large crops weigh more.
        frame: index of the frame it was cut from; cuts of one frame are one witness.
        loss: probability, for either end, that the cut ends within its character. That it is not read there is then
            little evidence that it is not there.
    """

    read: PlateText
    weight: float
    frame: int
    loss: float = 0.0

    @cached_property
    def spread(self) -> ctc.Posteriors:
        """The read's posteriors, shared out to look-alikes."""
        return lookalikes.spread(self.read.posteriors)

    @cached_property
    def texts(self) -> frozenset[str]:
        """What the read may say."""
        return frozenset(ctc.beam(self.spread)) - {""}


@dataclass(frozen=True, slots=True)
class Consensus:
    """What all reads of one plate say together.

    Attributes:
        text: the winner, normalised.
        raw: the best single read that says the same, separators kept; else `text`.
        score: geometric mean probability of a character, lowered for text that is unlike a plate; 0 to 1.
        confidences: for each character of `text` the weighted share of reads that have it there.
        candidates: the likeliest texts, best first, `text` leading.
        agreeing: frames whose own best text is the winner, O/0 and I/1 not told apart.
        beyond_doubt: whether the shapes of the characters alone say so, whatever is expected of plates.
        countries: probability of each country by the plate's looks, what it may say and the camera it passed.
    """

    text: str
    raw: str
    score: float
    confidences: tuple[float, ...]
    candidates: tuple[Candidate, ...]
    agreeing: int
    beyond_doubt: bool = False
    countries: Mapping[str, float] = field(default_factory=dict)

    @property
    def plate(self) -> str:
        """The text with `?` in place of each unsure character."""
        return "".join(c if p >= _UNSURE_BELOW else "?" for c, p in zip(self.text, self.confidences, strict=True))


EMPTY = Consensus("", "", 0.0, (), (), 0)


def plausibility(text: str) -> float:
    """Judge whether a text can be a plate's: 0 if not, 1 if nothing speaks against it.

    Badges, signs and lettering have no digit (TAXI, POLICE); so have a few personalised plates, which is why the text
    is doubted and not dropped.
    """
    if not MIN_LENGTH <= len(text) <= MAX_LENGTH:
        return 0.0
    doubt = 0.7 if len(text) == MIN_LENGTH else 1.0  # so short, nearly any texture reads as something
    if not any(c.isdigit() for c in text):
        return 0.6 * doubt
    return doubt if any(c.isalpha() for c in text) else 0.85 * doubt


def vote(ballots: Sequence[Ballot], camera: CameraPrior = WORLD) -> Consensus:
    """Find what all reads say together.

    Args:
        ballots: any number of reads of one plate, from one frame or many.
        camera: what plates are expected before it.

    Returns:
        The consensus; `EMPTY` if no read has any text.
    """
    read = frozenset[str]().union(*(ballot.texts for ballot in ballots))
    if not read:
        return EMPTY
    texts = sorted(read)
    weights = np.array([ballot.weight for ballot in ballots], np.float64)
    weights /= weights.sum()
    likelihoods = weights @ np.stack([_log_likelihoods(ballot.spread, texts, ballot.loss) for ballot in ballots])
    # Frames are witnesses, but not independent ones: the same dirt and the same font mislead all of them.
    witnesses = math.sqrt(len({ballot.frame for ballot in ballots}))
    looks = pooled([(ballot.read.countries, ballot.weight) for ballot in ballots])
    joint = camera.joint(texts, looks)
    expected = np.log(joint.sum(axis=0)) + _PER_CHARACTER * np.array([len(text) for text in texts])
    beliefs = witnesses * likelihoods + _PRIOR_WEIGHT * expected
    shares = np.exp(beliefs - beliefs.max())
    shares /= shares.sum()
    order = sorted(range(len(texts)), key=lambda i: (-shares[i], texts[i]))
    text = texts[order[0]]
    confidences = _confidences(text, ballots, weights.tolist())
    certainty = _certainty(text, dict(zip(texts, shares.tolist(), strict=True)))
    score = _score(text, ballots, weights.tolist()) * certainty
    return Consensus(
        text=text,
        raw=_raw(text, ballots),
        score=score,
        confidences=confidences,
        candidates=tuple(Candidate(texts[i], round(float(shares[i]), 4)) for i in order[:_MAX_CANDIDATES]),
        agreeing=_agreeing(text, ballots),
        beyond_doubt=score >= _SURE_SCORE and _leads(witnesses * likelihoods, order[0]),
        countries=dict(zip(formats.load().countries, (joint / joint.sum(axis=0) @ shares).tolist(), strict=True)),
    )


def _log_likelihoods(posteriors: ctc.Posteriors, texts: Sequence[str], loss: float) -> NDArray[np.float64]:
    """Compute how likely each text is under one read, whose first and last character may have been cut off.

    Args:
        posteriors: (steps, 37).
        texts: normalised.
        loss: probability of that, for either end.

    Returns:
        (len(texts),) natural logarithms.
    """
    if not loss:
        return ctc.log_likelihoods(posteriors, texts)
    seen = [(text, text[1:], text[:-1], text[1:-1]) for text in texts]
    different = sorted(set().union(*seen))
    by_text = dict(zip(different, ctc.log_likelihoods(posteriors, different).tolist(), strict=True))
    kept, lost = math.log(1 - loss), math.log(loss)
    prices = np.array([2 * kept, kept + lost, kept + lost, 2 * lost])
    return np.asarray(np.logaddexp.reduce([[by_text[part] for part in parts] for parts in seen] + prices, axis=1))


def _leads(likelihoods: NDArray[np.float64], best: int) -> bool:
    """Tell whether a text is so much likelier than each other by the reads alone that no prior need be asked."""
    others = np.delete(likelihoods, best)
    return bool(np.all(likelihoods[best] >= others + _LEAD))


def _certainty(text: str, shares: Mapping[str, float]) -> float:
    """Judge how far a text is told from those that differ from it by O and 0, I and 1 alone, whom `_score` folds.

    Returns:
        1 where nothing speaks for another, 0.75 where one other is as likely.
    """
    folded = lookalikes.fold_twins_text(text)
    twins = sum(share for other, share in shares.items() if lookalikes.fold_twins_text(other) == folded)
    return 0.5 + 0.5 * shares[text] / twins


def _score(text: str, ballots: Sequence[Ballot], weights: list[float]) -> float:
    folded = [lookalikes.fold_twins_text(text)]
    total = sum(
        weight * float(_log_likelihoods(lookalikes.fold_twins(ballot.read.posteriors), folded, ballot.loss)[0])
        for ballot, weight in zip(ballots, weights, strict=True)
    )
    return min(1.0, ctc.per_character(total, text)) * plausibility(text)


def _confidences(text: str, ballots: Sequence[Ballot], weights: list[float]) -> tuple[float, ...]:
    """Take, for each character, the weighted share of the reads that have it (or its twin) at that place.

    A read that may have lost an end, and has nothing there, has no say in that end's character.
    """
    votes, seen = [0.0] * len(text), [0.0] * len(text)
    folded = lookalikes.fold_twins_text(text)
    for ballot, weight in zip(ballots, weights, strict=True):
        other = lookalikes.fold_twins_text(ballot.read.text)
        no_first = ballot.loss > 0 and other in {folded[1:], folded[1:-1]}
        no_last = ballot.loss > 0 and other in {folded[:-1], folded[1:-1]}
        for place in range(no_first, len(text) - no_last):
            seen[place] += weight
        for block in SequenceMatcher(None, folded, other, autojunk=False).get_matching_blocks():
            for offset in range(block.size):
                votes[block.a + offset] += weight * ballot.read.confidences[block.b + offset]
    return tuple(min(1.0, v / w) if w else 0.0 for v, w in zip(votes, seen, strict=True))


def _raw(text: str, ballots: Sequence[Ballot]) -> str:
    same = [ballot for ballot in ballots if ballot.read.text == text]
    return max(same, key=lambda ballot: ballot.weight * ballot.read.score).read.raw if same else text


def _agreeing(text: str, ballots: Sequence[Ballot]) -> int:
    """Count frames in which some cut, read on its own, says `text`."""
    folded = lookalikes.fold_twins_text(text)
    return len({b.frame for b in ballots if lookalikes.fold_twins_text(b.read.text) == folded})
