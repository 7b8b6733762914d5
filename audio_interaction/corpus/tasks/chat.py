"""Voice chat: questions are answered, commands confirmed, feelings shared."""

import numpy as np

from audio_interaction.corpus.history import NO_FACT, Review, asked
from audio_interaction.corpus.phrases import history_reply
from audio_interaction.corpus.scenario import Rejected, SubEvent
from audio_interaction.corpus.sources import Sources
from audio_interaction.corpus.tasks.base import (
    LISTEN,
    Task,
    answered,
    forms,
    one,
    shuffled,
    speech,
    talk,
)
from audio_interaction.errors import UserError

ABILITY = "voice chat"
TURNS = ("question", "command")
_WHEN_ENDED = "A question is answered, a command confirmed, when it has ended."


def dialogue(
    sources: Sources, rng: np.random.Generator, turns: int, statements: int
) -> list[SubEvent]:
    """So many questions or commands among so many statements, in one voice if possible."""
    asked = [one(rng, TURNS, "kind") for _ in range(turns)]
    kinds = shuffled(rng, [*asked, *["statement"] * statements])
    return [
        speech(clip) if clip.kind == "statement" else answered(clip)
        for clip in talk(sources, rng, kinds)
    ]


def _single(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    return [answered(clip) for clip in talk(sources, rng, ["question"])]


def _chat(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    return dialogue(sources, rng, int(rng.integers(2, 5)), int(rng.integers(0, 3)))


def _history(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    """A fact, two or three rounds on something else, then the question about the fact."""
    known = [key for key in forms(sources, "history") if sources.said("history_fact", key)]
    key = one(rng, known, f"fact and question about it in the {sources.split} split")
    between = [one(rng, TURNS, "kind") for _ in range(rng.integers(2, 4))]
    kinds = [("history_fact", key), *between, ("history", key)]
    fact, *others, question = talk(sources, rng, kinds)
    told = [speech(fact), *map(answered, others)]
    review = Review(question.text, history_reply(key, fact.sound), 0, fact.sound)
    try:
        return [*told, asked(told, review)[1]]
    except UserError as error:  # one of the other turns says the answer again
        raise Rejected(NO_FACT, str(error)) from error


def _emotion(sources: Sources, rng: np.random.Generator) -> list[SubEvent]:
    moods = shuffled(rng, forms(sources, "feeling"))[: rng.integers(1, 4)]
    if not moods:
        one(rng, (), f"sentence with a feeling in the {sources.split} split")
    felt = [("feeling", mood) for mood in moods]
    kinds = shuffled(rng, [*felt, *["statement"] * rng.integers(0, 2)])
    return [
        speech(clip)
        if clip.kind == "statement"
        else speech(clip, clip.answer, "answer", emotion=clip.form)
        for clip in talk(sources, rng, kinds)
    ]


TASKS = (
    Task(
        "chat_single",
        ABILITY,
        "single-turn question",
        LISTEN,
        "One question.",
        "It is answered when it has ended.",
        "Silent before and after.",
        _single,
        "Llama Questions, Web Questions, VoiceBench SD-QA",
    ),
    Task(
        "chat",
        ABILITY,
        "multi-turn dialogue",
        LISTEN,
        "Two to four questions or commands, in one voice if possible, up to two statements.",
        _WHEN_ENDED,
        "Silent after statements and in pauses.",
        _chat,
        "VoiceBench AlpacaEval",
    ),
    Task(
        "chat_history",
        ABILITY,
        "history review",
        LISTEN,
        "A fact is told; after two or three other turns it is asked for.",
        f"{_WHEN_ENDED} The last answer is the fact, three or four rounds back.",
        "Silent after the fact and in pauses.",
        _history,
    ),
    Task(
        "chat_emotion",
        ABILITY,
        "emotional reply",
        LISTEN,
        "One to three sentences, each of another feeling, up to one plain statement.",
        "A kind word when such a sentence has ended, with the emotion it calls for.",
        "Silent after the plain statement and in pauses.",
        _emotion,
    ),
)
