"""The offline abilities: one clip, one written instruction, one reply.

Measured with the interaction adapter and without it, they say how much of the base the streaming
stages have cost (the paper's Table 6 does this with MMAU and AlpacaEval).
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm.auto import tqdm

from audio_interaction.benchmarks.bootstrap import Interval
from audio_interaction.benchmarks.metrics import (
    ORIGINS,
    StreamScore,
    normalise,
    says,
    summarise,
    word_errors,
)
from audio_interaction.corpus.offline import ANSWER, NAME, TRANSCRIBE, offline_item
from audio_interaction.corpus.sources import (
    Clip,
    Sources,
    SpeechClip,
    load_sources,
    spread,
)
from audio_interaction.files import write_json

if TYPE_CHECKING:
    from audio_interaction.model.interaction import InteractionModel

OFFLINE = (
    *("wer", "answer_accuracy", "question_accuracy", "command_accuracy"),
    *("naming_accuracy", "naming_recorded", "naming_synthesised"),
)
_KIND = {"question": "answer", "command": "confirm"}  # kind of sentence -> kind of its reply


def offline_abilities(
    model: "InteractionModel",
    split: str = "test",
    limit: int | None = None,
    seed: int = 0,
    sources: Sources | None = None,
    in_rooms: float = 0.0,
) -> dict[str, Interval | dict[str, Interval]]:
    """Transcription, answers and sound names on single clips of a split, as the model stands.

    Every clip is heard once as the base heard its own (`corpus.offline`: a short pause, a level,
    mostly a noise bed): the sounds, and the sentences of the closed domain (`Sources.closed`).
    Texts are compared as in `metrics`.

    Args:
        model: with its adapter on or off.
        split: of the source clips.
        limit: clips of speech and of sound, evenly spaced; all by default.
        seed: of the pauses, levels and noises, and of the bootstrap.
        sources: the clips; the repository's own by default.
        in_rooms: share of the clips that is heard in a room.

    Returns:
        Intervals by the names of `OFFLINE`, and "wer_by_engine": an interval by voice engine.
    """
    sources = sources or load_sources(split)
    clips = (*spread(sources.closed, limit), *spread(sources.sounds, limit))
    scores = [
        _score(model, clip, sources, np.random.default_rng([seed, index]), in_rooms)
        for index, clip in enumerate(tqdm(clips, desc="offline", unit="clip", leave=False))
    ]
    engines = sorted({score.engine for score in scores if score.engine})
    return summarise(scores, OFFLINE, seed=seed) | {"wer_by_engine": wer_by_engine(scores, engines)}


def recorded_wer(
    model: "InteractionModel",
    limit: int | None = None,
    seed: int = 0,
    clips: tuple[SpeechClip, ...] | None = None,
) -> Interval:
    """Word error rate of offline transcription on recorded human speech, as it was recorded.

    The prompts use words that the closed domain does not have, and a voice of flesh and blood: the
    gap to `offline_abilities` is what synthetic training speech leaves open.

    Args:
        model, limit, seed: as in `offline_abilities`.
        clips: the repository's own prompts by default.
    """
    clips = spread(load_sources("test").recorded if clips is None else clips, limit)
    scores = []
    for clip in tqdm(clips, desc="recorded speech", unit="clip", leave=False):
        errors, words = word_errors(clip.text, model.offline(clip.audio(), TRANSCRIBE).lower())
        counts = {"errors": errors, "words": words}
        scores.append(StreamScore(clip.id, clip.kind, True, clip.engine, counts, ()))
    return summarise(scores, ["wer"], seed=seed)["wer"]


def save_abilities(abilities: dict, path: Path) -> None:
    """Write what `offline_abilities` measured as JSON; several of them by their names."""
    write_json(path, abilities, default=asdict)  # intervals, in nested tables too


def wer_by_engine(scores: list[StreamScore], engines: list[str]) -> dict[str, Interval]:
    """Word error rate of each voice engine."""
    return {
        engine: summarise([score for score in scores if score.engine == engine], ["wer"])["wer"]
        for engine in engines
    }


def _score(
    model: "InteractionModel",
    clip: Clip,
    sources: Sources,
    rng: np.random.Generator,
    in_rooms: float,
) -> StreamScore:
    item = offline_item(clip, sources.noises, rng, varied=False, in_rooms=in_rooms)
    speech = isinstance(clip, SpeechClip)
    counts = {}
    for instruction, reply in item.tasks:
        said = model.offline(item.samples, instruction)
        if instruction == TRANSCRIBE:
            counts["errors"], counts["words"] = word_errors(reply.lower(), said.lower())
        elif instruction == ANSWER:
            kind = _KIND[clip.kind]
            right = normalise(said) == normalise(reply)
            counts |= {f"{kind}_right": int(right), f"{kind}_total": 1}
        elif instruction == NAME:
            origin = ORIGINS[0] if clip.recorded else ORIGINS[1]
            right = int(says(said, reply))
            counts |= {"name_right": right, "name_total": 1}
            counts |= {f"{origin}_named": right, f"{origin}_names": 1}
    engine = clip.engine if speech else ""
    return StreamScore(clip.id, item.kind, speech, engine, counts, ())
