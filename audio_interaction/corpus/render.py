"""Rendering the spoken part of the mini corpus: sentences by voices into Parquet.

`render_speech` is the command that made ``mini_data/sources/speech-{split}.parquet`` (without the
check) and that makes more; `casting.render_abilities` adds the phrases. What is said by whom, how
fast and how high follows from the seed alone; the samples of eSpeak NG depend on what the process
said before, too, and with them may a verdict of the check.

With a recogniser every English dialogue is checked (`asr_check`): a turn that is misheard is said
anew at another tempo, and a dialogue with a turn that never passes is left out. A sentence that
stands alone is a dialogue of one turn. What became of them is counted, and the counts travel in the
metadata of the file (`counts_of`).
"""

from __future__ import annotations

import json
import math
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm.auto import tqdm

from audio_interaction.corpus.asr_check import Recogniser, check_dialogue, tally
from audio_interaction.corpus.language import SPLITS, Sentence
from audio_interaction.corpus.phrases import words_of
from audio_interaction.corpus.schema import Word
from audio_interaction.corpus.slots import LETTERS
from audio_interaction.corpus.speech import clip_row, level, trim, write_table
from audio_interaction.corpus.spoken import Rewritten
from audio_interaction.corpus.takes import Take, takes
from audio_interaction.corpus.voices import render
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE

SHARD_CLIPS = 100
SHORTEST, LONGEST = 0.4, 8.0  # s
LETTERS_SAID = frozenset(LETTERS)
_NONE_PASSED = "no clip passed: listen to the voices, or render with --no-check; none"
COUNTS = "audio_interaction.rendered"  # in the metadata of a file

Maker = Callable[[], Recogniser]

# Of the hours asked for in train, what validation and test get.
SHARE_OF_HOURS = {"train": 1.0, "validation": 0.08, "test": 0.16}


def _read_aloud(sentence: Sentence) -> str:
    """The text as an engine must see it: most take the letter "a" for the article."""
    if sentence.kind != "spelled":
        return sentence.text
    return " ".join("eigh" if word == "a" else word for word in sentence.text.split())


def _worded(words: list[Word], sentence: Sentence) -> list[Word]:
    """The times of the words with the words as they are written."""
    texts = words_of(sentence.text)
    return [replace(w, text=text) for w, text in zip(words, texts, strict=bool(words))]


def _fits(samples: np.ndarray) -> bool:
    return SHORTEST <= len(samples) / SAMPLE_RATE <= LONGEST


def make_clip(take: Take) -> dict | None:
    """Render a take into a row, or None if it came out silent, too short or too long."""
    samples, words = trim(*render(take.voice, _read_aloud(take.sentence), take.rate, take.pitch))
    if not _fits(samples):
        return None
    words = _worded(words, take.sentence)
    return clip_row(take.id, level(samples), words, take.sentence, take.voice)


def dialogues(chosen: Sequence[Take]) -> list[list[Take]]:
    """The takes of one shard by dialogue, in order: what is lost with a turn that is lost.

    A fact belongs to the question that asks for it, an order to be called to the calls. Everything
    else stands alone.
    """
    parts: dict[tuple, list[Take]] = {}
    for take in chosen:
        kind, form = take.sentence.kind, take.sentence.form
        key = (take.id,)
        if kind in ("history_fact", "history"):
            key = (take.voice.id, "history", form)
        elif kind in ("wake_order", "wake"):
            key = (take.voice.id, "wake")
        parts.setdefault(key, []).append(take)
    return list(parts.values())


def _checkable(take: Take) -> bool:
    """English words: another language, or letters one by one, the recogniser cannot judge."""
    sentence = take.sentence
    letters = sentence.kind == "spelled" or LETTERS_SAID.issuperset(sentence.text.split())
    return sentence.language == "en" and not letters


def checked_clips(
    dialogue: Sequence[Take], recogniser: Recogniser
) -> tuple[list[dict], Counter[str]]:
    """Rows of a dialogue, none if it is dropped, and the counts of `asr_check.tally`.

    Of a dialogue that cannot be judged the clips are kept and counted as "unchecked".
    """
    if not all(map(_checkable, dialogue)):
        rows = [row for row in map(make_clip, dialogue) if row is not None]
        return rows, Counter(unchecked=len(rows), dropped_length=len(dialogue) - len(rows))
    aloud = {take.sentence.text: _read_aloud(take.sentence) for take in dialogue}
    checked = check_dialogue(
        [take.sentence.text for take in dialogue],
        dialogue[0].voice,
        recogniser,
        dialogue[0].id,
        rewrite=Rewritten,
        speak=lambda voice, text, rate, pitch: render(voice, aloud[text], rate, pitch),
        tempos=[(take.rate, take.pitch) for take in dialogue],
    )
    counts = Counter(tally([checked]))
    clips = checked.clips or ()
    if not all(_fits(clip.samples) for clip in clips):
        counts.subtract(kept=1)
        counts["dropped_length"] += 1
        clips = ()
    rows = []
    for take, clip in zip(dialogue, clips, strict=bool(clips)):
        words = _worded(clip.words, take.sentence)
        rows.append(clip_row(take.id, clip.samples, words, take.sentence, take.voice))
    return rows, counts


_recogniser = cache(lambda maker: maker())  # once a process


def _make_shard(chosen: list[Take], path: Path, maker: Maker | None) -> Path:
    if path.exists():
        return path
    rows, counts = [], Counter()
    if maker is None:
        rows = [row for row in map(make_clip, chosen) if row is not None]
    else:
        for dialogue in dialogues(chosen):
            made, counted = checked_clips(dialogue, _recogniser(maker))
            rows += made
            counts.update(counted)
        order = {take.id: place for place, take in enumerate(chosen)}
        rows.sort(key=lambda row: order[row["id"]])
    write_table(rows, path, {COUNTS: json.dumps(+counts, sort_keys=True)})
    return path


def counts_of(path: str | Path) -> Counter[str]:
    """What the check of a rendered file counted; empty if it was not checked.

    "kept" and "dropped_REASON" count dialogues, "rejected_REASON" renderings, "unchecked" clips
    that the recogniser cannot judge. What was rendered to fill up the last shard is counted, too.
    """
    metadata = pq.read_schema(path).metadata or {}
    return Counter(json.loads(metadata.get(COUNTS.encode(), b"{}")))


def render_speech(
    out_dir: str | Path,
    hours: float,
    seed: int = 0,
    workers: int = 2,
    recogniser: Maker | None = None,
) -> list[Path]:
    """Render ``hours`` of train speech, and validation and test in proportion.

    Writes ``speech-{train,validation,test}.parquet`` to ``out_dir``; returns their paths. Finished
    shards are kept beside them until the end, so a run that was stopped goes on where it was.

    Args:
        recogniser: makes the one that checks the clips, such as `asr_check.Whisper`; worker
            processes have to find it by its name. None for no check. What is dropped is made up
            for by further sentences.

    Raises:
        UserError: ``hours`` or ``workers`` is not positive, an engine or the recogniser is not
            installed, or the recogniser understands nothing at all.
    """
    if hours <= 0 or workers < 1:
        raise UserError(f"hours ({hours}) must be above 0 and workers ({workers}) at least 1")
    made = []
    for split in reversed(SPLITS):  # the small ones first
        path = Path(out_dir) / f"speech-{split}.parquet"
        seconds = hours * SHARE_OF_HOURS[split] * 3600
        shards = _shards(takes(split, seed))
        made.append(render_shards(shards, path, seed, workers, seconds, recogniser))
    return made


def _shards(endless: Iterator[Take]) -> Iterator[list[Take]]:
    while True:
        yield list(islice(endless, SHARD_CLIPS))


def render_shards(
    shards: Iterator[list[Take]],
    path: Path,
    seed: int,
    workers: int,
    seconds: float = math.inf,
    recogniser: Maker | None = None,
) -> Path:
    """Render takes into one file until they end or their clips last ``seconds``; returns its path.

    Finished shards wait in a hidden folder beside ``path``, named after it, the seed and whether
    they are checked.

    Raises:
        UserError: as `render_speech`.
    """
    folder = path.parent / f".{path.stem}-{seed}{'' if recogniser is None else '-checked'}"
    tables, counts, done = [], Counter(), 0.0
    total = None if seconds == math.inf else round(seconds)
    with (
        ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool,
        tqdm(total=total, unit="s", desc=path.stem) as bar,
    ):
        jobs = (
            pool.submit(_make_shard, chosen, folder / f"{number:05d}.parquet", recogniser)
            for number, chosen in enumerate(shards)
        )
        pending = deque(islice(jobs, workers + 1))
        try:
            while pending and done < seconds:
                shard = pending.popleft().result()
                pending.extend(islice(jobs, 1))
                counts.update(counts_of(shard))
                table = pq.read_table(shard)
                if not len(table):
                    if total is not None:  # there would be no end
                        raise UserError(f"{path}: {_NONE_PASSED} of {SHARD_CLIPS} ({told(counts)})")
                    continue
                lengths = np.cumsum(table["seconds"].to_numpy())
                kept = min(int(np.searchsorted(lengths, seconds - done)) + 1, len(lengths))
                tables.append(table.slice(0, kept))
                done += float(lengths[kept - 1])
                bar.update(round(done) - bar.n)
        finally:
            for future in pending:
                future.cancel()
    if not tables:
        raise UserError(f"{path}: {_NONE_PASSED} ({told(counts)})")
    write_table(pa.concat_tables(tables), path, {COUNTS: json.dumps(counts, sort_keys=True)})
    for leftover in folder.iterdir():
        leftover.unlink()
    folder.rmdir()
    return path


def told(counts: Counter[str]) -> str:
    """The counts of `counts_of` in words; "not checked" for none."""
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "not checked"
