"""Streaming translation: the translation of a clause is given when the clause has ended.

A choice of ours: the paper tells of no policy. It is wait-k with the clause for its unit: nothing
is read ahead, and the next clause is heard while this one is written. Word by word would not do
between languages whose word order differs. Every clause here is one short sentence.
"""

from collections.abc import Callable

import numpy as np

from audio_interaction.corpus.phrases import to_chinese, to_french
from audio_interaction.corpus.scenario import SubEvent
from audio_interaction.corpus.sources import Sources
from audio_interaction.corpus.tasks.base import Draw, Task, one, speech, talk

ABILITY = "streaming translation"
INTO = "translate into {}"
KINDS = ("question", "command", "statement")


def _from_english(translate: Callable[[str], str | None]) -> Draw:
    def draw(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
        kinds = [one(rng, KINDS, "kind") for _ in range(rng.integers(1, 4))]
        said = talk(sources, rng, kinds, usable=lambda clip: translate(clip.text) is not None)
        return [speech(clip, translate(clip.text), "translation") for clip in said]

    return draw


def _into_english(kind: str) -> Draw:
    def draw(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
        said = talk(sources, rng, [kind] * rng.integers(1, 4))
        return [speech(clip, clip.answer, "translation") for clip in said]

    return draw


def _task(name: str, title: str, into: str, heard: str, draw: Draw, benchmark: str = "") -> Task:
    return Task(
        name,
        ABILITY,
        title,
        INTO.format(into),
        heard,
        "Each sentence is translated when it has ended.",
        "Silent within a sentence and in pauses.",
        draw,
        benchmark,
    )


TASKS = (
    _task(
        "en_zh",
        "English to Chinese",
        "chinese",
        "One to three English sentences.",
        _from_english(to_chinese),
        "CoVoST2 en-zh",
    ),
    _task(
        "zh_en",
        "Chinese to English",
        "english",
        "One to three Chinese sentences.",
        _into_english("chinese"),
        "CoVoST2 zh-en",
    ),
    _task(
        "en_fr",
        "English to French",
        "french",
        "One to three English sentences.",
        _from_english(to_french),
    ),
    _task(
        "code_switch",
        "code-switched turn",
        "english",
        "One to three sentences, each half Chinese and half English.",
        _into_english("codeswitch"),
    ),
)
