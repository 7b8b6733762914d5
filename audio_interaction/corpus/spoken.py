"""The spoken form: a written text as it would be read aloud (paper App. B.4).

Markdown, links, emoji and longer code are taken out, numbers, abbreviations and symbols are written
as words, a sentence that is clean already is passed through unchanged. English.

`spoken_form` does it by rules; `EndpointRewriter` lets a language model do it, as the paper does,
and holds its answer to the same rules. The prompt is the kit's own.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audio_interaction.corpus.endpoint import ChatEndpoint
from audio_interaction.corpus.markdown import links_read, markdown_removed
from audio_interaction.corpus.numerals import CURRENCIES, expand
from audio_interaction.errors import UserError

CHANGES = (
    "markdown", "code", "link", "emoji", "symbol", "abbreviation",
    "date", "time", "currency", "percent", "unit", "ordinal", "year", "number",
)  # fmt: skip
"""Kinds of change."""

LONGEST_GROWTH = 4  # an answer may have so many times the characters of the text, and 80


@dataclass(frozen=True)
class Rewritten:
    """A text to be spoken and the kinds of change (`CHANGES`) that made it; no change, no kinds.

    The text is empty where nothing can be said: it was all code or emoji.
    """

    text: str
    changes: tuple[str, ...] = ()


Rewriter = Callable[[str], Rewritten]


def spoken_form(text: str) -> Rewritten:
    """Rewrite a written English text by rules.

    Raises:
        UserError: the text is empty.
    """
    if not text.strip():
        raise UserError("there is no text to rewrite; give it at least one word")
    changes: list[str] = []
    said = text.strip()
    for step in _STEPS:
        said, made = step(said)
        changes += (kind for kind in made if kind not in changes)
    if not changes:
        return Rewritten(text)
    said = re.sub(r"\s+([,.;:!?])", r"\1", " ".join(said.split()))
    if not any(character.isalpha() for character in said):
        said = ""
    return Rewritten(said, tuple(kind for kind in CHANGES if kind in changes))


def words_only(text: str) -> str:
    """What the voices of the kit are given: lower-case words without punctuation."""
    return " ".join(re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower())).replace("’", "'")


# --- abbreviations --------------------------------------------------------------------------------
_TITLES = {
    "Mr": "Mister", "Mrs": "Missus", "Ms": "Miss", "Dr": "Doctor", "Prof": "Professor",
    "St": "Saint", "Gen": "General", "Sen": "Senator", "Rev": "Reverend", "Capt": "Captain",
    "Lt": "Lieutenant", "Sgt": "Sergeant", "Mt": "Mount", "Ft": "Fort",
}  # fmt: skip
_SHORT = {
    "e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus",
    "approx.": "approximately", "Jr.": "Junior", "Sr.": "Senior", "Inc.": "Incorporated",
    "Ltd.": "Limited", "Co.": "Company", "Corp.": "Corporation", "dept.": "department",
    "Dept.": "Department", "est.": "established", "incl.": "including", "Ave.": "Avenue",
    "Blvd.": "Boulevard", "Rd.": "Road", "St.": "Street", "govt.": "government",
    "min.": "minutes", "max.": "maximum", "w/o": "without", "w/": "with", "vs": "versus",
    "Ph.D.": "P H D", "PhD": "P H D",
}  # fmt: skip
_NEVER_LAST = ("e.g.", "i.e.", "vs.", "approx.", "incl.", "est.", "min.", "max.")
_BEFORE_NUMBER = {"No.": "number", "no.": "number", "Fig.": "figure", "fig.": "figure",
                  "p.": "page", "pp.": "pages", "Ch.": "chapter", "Vol.": "volume"}  # fmt: skip
_SPELLED = frozenset(
    "AI API ATM CEO CPU DIY DNA EU FAQ FBI GPU IQ IT OK UI UK UN URL US USA USB".split()
)


def _alternatives(words) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_TITLE = re.compile(rf"\b({_alternatives(_TITLES)})\.?(?= [A-Z])")
_SHORTENED = re.compile(rf"(?<![\w.])({_alternatives(_SHORT)})(?!\w)")
_NUMBERED = re.compile(rf"(?<!\w)({_alternatives(_BEFORE_NUMBER)}) ?(?=\d)|#(?=\d)")
_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,}")
_CAPITALS = re.compile(r"\b([A-Z]{2,5})(s?)(?![^\W\d_])(?![.'’]\w)")


def _abbreviations(text: str) -> tuple[str, list[str]]:
    def shortened(match: re.Match) -> str:
        stop = "" if match[1] in _NEVER_LAST else _full_stop(match, r"\s*$|\s+[A-Z]")
        return _SHORT[match[1]] + stop

    def dotted(match: re.Match) -> str:
        return " ".join(match[0].replace(".", "")) + _full_stop(match, r"\s*$")

    def capitals(match: re.Match) -> str:
        letters, plural = match.groups()
        spelled = letters in _SPELLED or not re.search("[AEIOUY]", letters)
        return " ".join(letters) + plural if spelled else match[0]

    said = _TITLE.sub(lambda m: _TITLES[m[1]], text)
    said = _NUMBERED.sub(lambda m: f"{_BEFORE_NUMBER.get(m[1], 'number')} ", said)
    said = _SHORTENED.sub(shortened, said)
    said = _DOTTED.sub(dotted, said)
    if any(character.islower() for character in said):  # else everything is in capitals
        said = _CAPITALS.sub(capitals, said)
    return said, ["abbreviation"] * (said != text)


def _full_stop(match: re.Match, end: str) -> str:
    """The stop of an abbreviation is that of the sentence, too, where `end` follows."""
    rest = match.string[match.end() :]
    return "." if match[0].endswith(".") and re.match(end, rest) else ""


# --- symbols and pictures -------------------------------------------------------------------------
_SYMBOLS = (
    (r"\band/or\b", "and or"),
    (r"(?<=[^\W\d_])/(?=[^\W\d_])", " or "),
    (r"(?<=\w) ?[*×·] ?(?=\w)", " times "),
    (r"#(?=\w)", "hashtag "),
    (r"(?<!\S)@(?=\w)", "at "),
    (r"(?<!\w)~(?=\s?\w)", "about "),
    (r"²", " squared"),
    (r"³", " cubed"),
    (r"(?<=\w)\^(?=\w)", " to the power of "),
    (r"[<≤]=?", " less than "),
    (r"(?<![-=])[>≥]=?", " greater than "),
    (r"->|=>|→|⇒", " to "),
    *(
        (re.escape(symbol), f" {word} ")
        for symbol, word in {
            "&": "and", "+": "plus", "±": "plus or minus", "=": "equals", "÷": "divided by",
            "≈": "about", "≠": "is not", "%": "percent", "@": "at", "°": "degrees", "§": "section",
            "√": "square root of", "π": "pi", "∞": "infinity", "×": "times", "/": "slash",
            **{symbol: names[0] for symbol, names in CURRENCIES.items()},
        }.items()
    ),
    (r"[*_#~^`|\\{}\[\]•©®™]", " "),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern), said) for pattern, said in _SYMBOLS)
_EMOTICON = re.compile(r"(?<!\S)(?:[:;]['-]?[)(DPpO]|<3|:-?/)(?!\w)")
_PICTURES = frozenset(("So", "Sk", "Sm", "Sc", "Cf", "Co", "Cn", "Mn", "Me", "No", "Nl"))


def _entities(text: str) -> tuple[str, list[str]]:
    said = html.unescape(text)
    return said, ["symbol"] * (said != text)


def _symbols(text: str) -> tuple[str, list[str]]:
    said = text
    for pattern, word in _COMPILED:
        said = pattern.sub(word, said)
    return said, ["symbol"] * (said != text)


def _emoticons(text: str) -> tuple[str, list[str]]:
    said, count = _EMOTICON.subn(" ", text)
    return said, ["emoji"] * bool(count)


def _pictures(text: str) -> tuple[str, list[str]]:
    """Emoji, their modifiers, and what else has no words; accents are letters and stay."""
    composed = unicodedata.normalize("NFC", text)
    said = "".join(" " if unicodedata.category(c) in _PICTURES else c for c in composed)
    return (said, ["emoji"]) if said != composed else (text, [])


_STEPS: tuple[Callable[[str], tuple[str, Sequence[str]]], ...] = (
    markdown_removed, _entities, links_read, _emoticons, _abbreviations, expand, _symbols,
    _pictures,
)  # fmt: skip
"""Each returns the text and the kinds of change it made."""


# --- the same by a language model -----------------------------------------------------------------
REWRITER_PROMPT = """\
You turn written English into what a speaker reads aloud. Say the same, add nothing, answer nothing.
- Leave out markdown, links, emoji and code; of a short piece of code keep its words.
- Write every number as words, the way it is said in its context: years in pairs, money, times,
  dates, percentages, units, telephone numbers digit by digit.
- Write abbreviations and symbols as words; spell acronyms that are spoken as letters: "U S B".
- A sentence that can be read aloud as it is comes back exactly as it is, with no changes.

Answer with one JSON object: {{"text": "...", "changes": [...]}}
`changes` lists the kinds of what you changed, out of: {kinds}."""


class EndpointRewriter:
    """Rewrites with a chat model; what comes back must hold to the rules of `check_rewrite`."""

    def __init__(self, endpoint: ChatEndpoint):
        self.endpoint = endpoint
        self.prompt = REWRITER_PROMPT.format(kinds=", ".join(CHANGES))

    def __call__(self, text: str) -> Rewritten:
        """As `spoken_form`.

        Raises:
            UserError: the text is empty, or the endpoint gives no valid answer.
        """
        if not text.strip():
            raise UserError("there is no text to rewrite; give it at least one word")
        answer = self.endpoint.json(self.prompt, text, lambda given: check_rewrite(text, given))
        return Rewritten(answer["text"], tuple(answer["changes"]))


def check_rewrite(text: str, answer: dict) -> None:
    """Whether the JSON of a model is a spoken form of a text.

    Raises:
        UserError: a field is missing or of the wrong kind, the text cannot be read aloud as it is
            or is far too long, a clean sentence was changed, or the changes do not tell the truth.
    """
    said, changes = answer.get("text"), answer.get("changes")
    if not isinstance(said, str) or not said.strip():
        raise UserError("`text` must be the text to be spoken")
    if not isinstance(changes, list) or not all(kind in CHANGES for kind in changes):
        raise UserError(f"`changes` must be a list out of {', '.join(CHANGES)}")
    if left := spoken_form(said).changes:
        raise UserError(f"`text` cannot be read aloud yet, it still has: {', '.join(left)}")
    if len(said) > LONGEST_GROWTH * len(text) + 80:
        raise UserError("`text` is much longer than what was given: add nothing")
    if said != text and not spoken_form(text).changes:
        raise UserError("the text could be read aloud as it was: send it back unchanged")
    if (said != text) != bool(changes):
        raise UserError("`changes` must be empty if `text` is unchanged, and only then")
