"""The emotion tag of a reply: read from a record, or told by the words of the reply.

The released builder takes every string it does not know for "normal"; here that is an error, as it
is usually a misspelling. The tags are those of the release; the paper has none.
"""

import re

from audio_interaction.errors import UserError
from audio_interaction.protocol import EMOTIONS

UNKNOWN = "normal"

LEXICON: dict[str, tuple[str, ...]] = {
    "urgent": (
        "warning", "careful", "watch out", "look out", "danger", "dangerous", "emergency",
        "evacuate", "get out", "stay safe", "stay down", "stay away", "take cover", "are you safe",
        "call for help now", "do you need help", "are you hurt", "hurry", "right now",
        "immediately",
    ),
    "angry": (
        "angry", "furious", "outrageous", "unfair", "not fair", "unacceptable", "that is terrible",
        "how dare", "fed up", "annoying", "a disgrace",
    ),
    "sad": (
        "sad", "sorry", "unfortunately", "miss you", "loss", "grief", "condolences", "must be hard",
        "here for you", "lonely", "heartbroken", "hope it gets better", "sadly",
    ),
    "surprise": (
        "wow", "surprise", "surprised", "surprising", "no way", "unbelievable", "incredible",
        "did not see that coming", "can not believe", "amazed", "astonishing", "really", "whoa",
    ),
    "happy": (
        "happy", "glad", "great", "wonderful", "well done", "congratulations", "how nice",
        "good to hear", "have fun", "lovely", "delighted", "fantastic", "hooray", "enjoy",
        "excellent",
    ),
}  # fmt: skip
"""Words and phrases that tell an emotion; of two with as many hits the one named first counts."""

_NEGATED = r"(?<!\bnot )(?<!\bnever )(?<!\bno )(?<!n't )(?<!\bnot so )(?<!\bnot very )"
_PATTERNS = {
    emotion: re.compile(rf"{_NEGATED}\b(?:{'|'.join(sorted(phrases, key=len, reverse=True))})\b")
    for emotion, phrases in LEXICON.items()
}


def emotion_of(text: str) -> str:
    """One of `protocol.EMOTIONS`: the one whose words a text has most of; "normal" without any.

    A word after "not", "no" or "never" does not count.
    """
    plain = " ".join(re.findall(r"[\w']+", text.lower().replace("’", "'")))
    hits = {emotion: len(pattern.findall(plain)) for emotion, pattern in _PATTERNS.items()}
    best = max(hits, key=lambda emotion: hits[emotion])
    return best if hits[best] else UNKNOWN


def read_emotion(name: str | None) -> str:
    """An emotion as it stands in a record, in any case; nothing at all is "normal".

    Raises:
        UserError: it is none of `protocol.EMOTIONS`.
    """
    emotion = (name or UNKNOWN).strip().lower()
    if emotion not in EMOTIONS:
        raise UserError(f"unknown emotion {name!r}; use one of {', '.join(EMOTIONS)}")
    return emotion
