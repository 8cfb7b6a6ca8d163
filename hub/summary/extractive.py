"""A summary in the session's own words: its keywords, and the sentences that hold most of them.

Keywords are YAKE's, by yake-rust: it needs no model, and works outside of the interpreter's lock. The rest
keeps no object that the garbage collector looks at for each sentence or line: its passes hold up all threads.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import anyio
from anyio import to_thread
from yake_rust import Yake

from hub.summary.generator import SummaryFailure
from hub.summary.spoken import Line
from schemas.events import SummaryReady

MODEL = "extractive"
SENTENCES = 7
"""In a summary at most."""
KEYWORDS = 12
CANDIDATES = 40
"""Keywords that sentences are chosen by."""
MAX_CHARACTERS = 2_000_000
"""Of what was said; what is beyond is not looked at. They take YAKE 2 s."""
FEWEST_WORDS, SHORTEST = 6, 20
"""Of a sentence that says enough; the characters count where there are no spaces between words."""
LONGEST = 400
"""Characters of a sentence that is shown; a longer one is cut."""
MAX_WORD, MAX_KEYWORD = 60, 60
"""Characters. YAKE gives up on words of many thousands, and takes text without spaces for one word."""

_ENGLISH = "en"
_KNOWN = frozenset(
    (  # noqa: SIM905 - two lines in place of 34
        "ar bg br cz da de el en es et fa fi fr hi hr hu hy "
        "id it ja lt lv nl no pl pt ro ru sk sl sv tr uk zh"
    ).split()
)
"""Languages whose stop words YAKE knows, by its own names."""
_NAMES = {"cs": "cz", "nb": "no", "nn": "no"}
"""Where those differ from ISO 639-1."""
_SPOKEN = frozenset(
    (  # noqa: SIM905 - three lines in place of 34
        "alright bit cuz dunno gonna gotta guess hm hmm huh kind kinda lot mean mhm mm mm-hmm nope "
        "ok okay really right sort sorta stuff thing things uh uh-huh uh-hum um wanna yeah yep yes"
    ).split()
)
"""Words that say nothing, which stop words lack as those are of written texts."""
_MANY_CHARACTERS = 12
"""In a word on average: it is none, the script has no spaces."""
_LONG_WORD = re.compile(rf"\S{{{MAX_WORD}}}")
_SENTENCE = re.compile(r".+?(?:[.!?…]+(?=\s|$)|[。！？]+|$)")  # noqa: RUF001 - what ends a sentence in Chinese and Japanese


class Extractive:
    """Writes summaries without a model; one at a time in a process."""

    def __init__(self) -> None:
        self._turn = anyio.CapacityLimiter(1)

    async def write(self, lines: Sequence[Line]) -> SummaryReady:
        """A summary of what was said."""
        return await to_thread.run_sync(summarized, lines, abandon_on_cancel=True, limiter=self._turn)


def summarized(lines: Sequence[Line]) -> SummaryReady:
    """The key sentences in the order in which they were said, and the keywords.

    Raises:
        SummaryFailure: there is no text in the lines.
    """
    speakers, texts = _turns(lines)
    sentences: list[str] = []
    turns: list[int] = []
    for turn, text in enumerate(texts):
        for found in _SENTENCE.finditer(text):
            sentences.append(found[0].strip())
            turns.append(turn)
    if not sentences:
        raise SummaryFailure("Nothing was said that could be summarized.")
    ranked = keywords("\n".join(texts), language(lines))
    shown = [_shown(speakers[turns[place]], sentences[place]) for place in _chosen(sentences, ranked)]
    return SummaryReady(text="\n".join(shown), format="text", keywords=ranked[:KEYWORDS], model=MODEL)


def language(lines: Iterable[Line]) -> str:
    """The language most lines are in, by YAKE's name of it; English if that is not known."""
    counted = Counter(line.language for line in lines if line.language)
    if not counted:
        return _ENGLISH
    name = counted.most_common(1)[0][0].partition("-")[0].lower()
    name = _NAMES.get(name, name)
    return name if name in _KNOWN else _ENGLISH


def keywords(text: str, known_language: str) -> list[str]:
    """The keywords of a text, the best first; none if it has none."""
    try:
        stopwords = Yake(language=known_language).stopwords | _SPOKEN
        found = Yake(stopwords=stopwords, ngrams=2).get_n_best(text, n=CANDIDATES)
    except Exception:
        raise
    except BaseException as error:
        # A panic of the library; it is none of `Exception`, and would end the hub.
        if type(error).__name__ != "PanicException":
            raise
        return []
    return [keyword for keyword, _score in found if len(keyword) <= MAX_KEYWORD]


def _turns(lines: Iterable[Line]) -> tuple[list[str | None], list[str]]:
    """What each said until somebody else did: who, and what."""
    speakers: list[str | None] = []
    texts: list[str] = []
    turn: list[str] = []
    left = MAX_CHARACTERS
    for line in lines:
        left -= len(line.text)
        if left < 0:
            break
        if not speakers or speakers[-1] != line.speaker:
            if turn:
                texts.append(" ".join(turn))
                turn.clear()
            speakers.append(line.speaker)
        turn.append(_LONG_WORD.sub(r"\g<0> ", line.text))
    if turn:
        texts.append(" ".join(turn))
    return speakers, texts


def _chosen(sentences: Sequence[str], ranked: Sequence[str]) -> list[int]:
    """The places of the sentences that together say most: a keyword said by one counts less in the next."""
    words = [keyword.casefold() for keyword in ranked]
    weights = [1 / (place + 3) for place in range(len(words))]
    places: list[int] = []
    holds: list[bytes] = []
    for place, sentence in enumerate(sentences):
        if _says_enough(sentence):
            folded = sentence.casefold()
            held = bytes([number for number, word in enumerate(words) if word in folded])
            if held:
                places.append(place)
                holds.append(held)
    chosen: list[int] = []
    while len(chosen) < min(SENTENCES, len(places)):

        def worth(index: int) -> float:
            said = 0.0
            for number in holds[index]:
                said += weights[number]
            return said / (len(sentences[places[index]]) + LONGEST / 4) ** 0.5

        best = max(range(len(places)), key=worth)
        for number in holds[best]:
            weights[number] /= 4
        holds[best] = b""
        chosen.append(places[best])
    # Of what is too short to have keywords, the beginning.
    return sorted(chosen) or list(range(min(SENTENCES, len(sentences))))


def _says_enough(sentence: str) -> bool:
    words, length = len(sentence.split()), len(sentence)
    return words >= FEWEST_WORDS or (length >= SHORTEST and length > words * _MANY_CHARACTERS)


def _shown(speaker: str | None, sentence: str) -> str:
    if len(sentence) > LONGEST:
        sentence = sentence[: LONGEST - 1].rstrip() + "…"
    return f"{speaker}: {sentence}" if speaker else sentence
