"""Finding clips by label and by words: the index that grounding asks (paper App. B.1).

A clip is ranked by whether its label is accepted, then by the similarity of the event's description
to the names of its label (TF-IDF, cosine). Clips that rank alike come in random order, so that
every recording of a label is as likely. The paper does not name its retrieval engine.
"""

import math
import re
from collections import Counter, defaultdict

import numpy as np

from audio_interaction.corpus.scenario import SubEvent
from audio_interaction.corpus.slots import SOUND_NAMES
from audio_interaction.corpus.sources import SoundClip, Sources, SpeechClip

TOP = 3

_IDLE = frozenset("a an and at from hear i in is it near of on one or sound the to with".split())


class ClipIndex:
    """The clips of one split by their label, and its speech by text, language and voice."""

    def __init__(self, sources: Sources):
        self._clips: dict[str, list[SoundClip]] = defaultdict(list)
        for clip in (*sources.sounds, *sources.noises, *sources.music):
            self._clips[clip.label].append(clip)
        documents = {label: _words(_names(label)) for label in self._clips}
        found_in = Counter(word for words in documents.values() for word in set(words))
        self._rarity = {w: math.log(1 + len(documents) / n) for w, n in found_in.items()}
        self._vectors = {label: self._vector(words) for label, words in documents.items()}
        self._spoken: dict[tuple[str, str], dict[str, list[SpeechClip]]] = {}
        for clip in (*sources.speech, *sources.recorded):
            key = clip.text, clip.language
            self._spoken.setdefault(key, {}).setdefault(clip.voice, []).append(clip)

    @staticmethod
    def of(sources: Sources) -> "ClipIndex":
        """The index of these sources, made once.

        It is kept with them as a `cached_property` would be: a table keyed by the sources would
        compare all their clips at every look.
        """
        kept = vars(sources)
        if "_clip_index" not in kept:
            kept["_clip_index"] = ClipIndex(sources)
        return kept["_clip_index"]

    def spoken(self, text: str, language: str) -> dict[str, list[SpeechClip]]:
        """Clips in which exactly this is said, by voice."""
        return self._spoken.get((text, language), {})

    def similarity(self, description: str, label: str) -> float:
        """Cosine in [0, 1] between a description and the names of a label."""
        query, document = self._vector(_words(description)), self._vectors[label]
        return sum(weight * document.get(word, 0.0) for word, weight in query.items())

    def retrieve(self, event: SubEvent, rng: np.random.Generator) -> list[SoundClip]:
        """The best `TOP` clips for a sound event, best first."""
        rank = {
            label: (label in event.accept, self.similarity(event.description, label))
            for label in self._clips
        }
        best: list[SoundClip] = []
        for score in sorted(set(rank.values()), reverse=True):
            alike = [clip for label in rank if rank[label] == score for clip in self._clips[label]]
            wanted = min(TOP - len(best), len(alike))
            best += [alike[i] for i in rng.choice(len(alike), wanted, replace=False)]
            if len(best) == TOP:
                break
        return best

    def _vector(self, words: list[str]) -> dict[str, float]:
        counts = Counter(word for word in words if word in self._rarity)
        weights = {word: count * self._rarity[word] for word, count in counts.items()}
        length = math.sqrt(sum(weight**2 for weight in weights.values()))
        return {word: weight / length for word, weight in weights.items()}


def _names(label: str) -> str:
    return " ".join((label.replace("_", " "), *SOUND_NAMES.get(label, ())))


def _words(text: str) -> list[str]:
    """Words in lower case without a plural s, less those that tell no sound from another."""
    words = re.findall(r"\w+", text.lower())
    return [word.rstrip("s") for word in words if word not in _IDLE]
