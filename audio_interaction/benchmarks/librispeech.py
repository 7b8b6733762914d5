"""LibriSpeech: word error rate, while listening and offline (paper §5.1, Table 3).

Both sides pass Whisper's English normaliser, and errors are pooled over the corpus, as is usual
for this benchmark; the paper does not say what it did.
"""

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm.auto import tqdm

from audio_interaction.benchmarks.bootstrap import Bootstrap, Interval, ratio
from audio_interaction.benchmarks.librispeech_data import (
    CONFIGS,
    Utterance,
    load_folder,
    load_hub,
    stand_in,
)
from audio_interaction.benchmarks.metrics import word_errors
from audio_interaction.benchmarks.paper import LIBRISPEECH
from audio_interaction.benchmarks.report import Report, Row, Table
from audio_interaction.corpus import offline
from audio_interaction.corpus.sources import load_sources
from audio_interaction.corpus.tasks import TRANSCRIBE
from audio_interaction.errors import UserError

if TYPE_CHECKING:
    from audio_interaction.model.interaction import InteractionModel

SPELLING = Path(__file__).with_name("whisper_spelling.json")
"""British to American spellings, `english.json` of openai/whisper (MIT, (c) 2022 OpenAI).

`transformers` carries the normaliser but takes this table from a model's files.
"""

Transcriber = Callable[[np.ndarray], str]


@cache
def english_normaliser() -> Callable[[str], str]:
    """Whisper's `EnglishTextNormalizer`."""
    from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

    return EnglishTextNormalizer(json.loads(SPELLING.read_text(encoding="utf-8")))


def score(references: Sequence[str], hypotheses: Sequence[str], seed: int = 0) -> Interval:
    """Corpus word error rate after normalisation, with its interval over the utterances.

    Raises:
        UserError: no reference has a word left.
    """
    normaliser = english_normaliser()
    pairs = [
        word_errors(normaliser(reference), normaliser(hypothesis))
        for reference, hypothesis in zip(references, hypotheses, strict=True)
    ]
    errors, words = np.array(pairs, float).reshape(-1, 2).T
    if not words.sum():
        raise UserError(f"{len(pairs)} references without a word; is this the right data?")
    counts = {"errors": errors, "words": words}
    return Bootstrap(len(pairs), seed=seed).interval(
        counts, lambda s: ratio(s["errors"], s["words"]), len(pairs)
    )


def transcribers(model: "InteractionModel") -> dict[str, Transcriber]:
    """The model in a session with the transcription instruction, and offline; and silence."""
    from audio_interaction.streaming.session import listen

    return {
        "streaming": lambda samples: listen(model, samples, TRANSCRIBE).text,
        "offline": lambda samples: model.offline(samples, offline.TRANSCRIBE, max_tokens=256),
        "always silent": lambda samples: "",
    }


def run(
    model: "InteractionModel",
    root: str | Path | None = None,
    hub: str | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> Report:
    """Transcribe the test sets clean and other.

    Args:
        model: used as it stands, with its adapter if it has one.
        root: folder of the unpacked archives (`librispeech_data.load_folder`).
        hub: data set id (`corpus.hub.LIBRISPEECH`). With neither, the stand-in is used.
        limit: utterances per set; all by default.
        seed: of the stand-in's noise and of the bootstrap.

    Raises:
        UserError: both root and hub, or files that are missing or malformed.
    """
    if root is not None and hub is not None:
        raise UserError("give a folder or a hub id for LibriSpeech, not both")
    origin = "stand-in" if root is None and hub is None else "benchmark"
    systems = transcribers(model)
    results: dict[str, dict[str, Interval]] = {system: {} for system in systems}
    counts = {}
    for config in CONFIGS:
        utterances = _load(config, root, hub, limit, seed)
        counts[config] = len(utterances)
        references = [utterance.text for utterance in utterances]
        said: dict[str, list[str]] = {system: [] for system in systems}
        for utterance in tqdm(utterances, desc=f"librispeech {config}", unit="utt", leave=False):
            samples = utterance.samples()
            for system, transcribe in systems.items():
                said[system].append(transcribe(samples))
        for system in systems:
            results[system][config] = score(references, said[system], seed)
    table = Table(
        "Word error rate",
        CONFIGS,
        ("%", "%"),
        tuple(
            Row(system, tuple(by_config[config] for config in CONFIGS), origin)
            for system, by_config in results.items()
        ),
        "Whisper's English normaliser on both sides, corpus level",
    )
    settings = {"utterances": counts, "threshold": model.threshold, "seed": seed}
    title = "LibriSpeech" + (" (stand-in)" if origin == "stand-in" else "")
    return Report(
        "librispeech", title, settings, [table, LIBRISPEECH], {"origin": origin, "wer": results}
    )


def _load(
    config: str, root: str | Path | None, hub: str | None, limit: int | None, seed: int
) -> tuple[Utterance, ...]:
    if root is not None:
        return load_folder(root, config, limit)
    if hub is not None:
        return load_hub(hub, config, limit)
    return stand_in(load_sources("test"), config, limit, seed)
