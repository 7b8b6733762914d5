"""Training on the corpus in a folder, such as a user's own recordings (`corpus.own`).

Their streams may be many minutes long. What one optimiser step can hold is a minute or so, hence
they are cut into windows, in the quiet between two events where there is any (the paper's L_max is
60 chunks, Table 11; the release truncates at turns).
"""

import hashlib
from dataclasses import replace
from pathlib import Path

from audio_interaction.corpus.build import load_corpus
from audio_interaction.corpus.labels import TRANSCRIPT_LAG
from audio_interaction.corpus.manifest import MANIFEST
from audio_interaction.corpus.rows import stream_from_row
from audio_interaction.corpus.schema import Response, Stream, stream_from_timeline
from audio_interaction.errors import UserError
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.protocol import FRAMES_PER_CHUNK, seconds_of
from audio_interaction.training.data import EncodedStream
from audio_interaction.training.frames import cached_frames

WINDOW_CHUNKS = 150
"""One minute, some 2,000 positions."""


def corpus_streams(
    model: InteractionModel, folder: str | Path, split: str, cache: Path, count: int
) -> list[EncodedStream]:
    """The first `count` streams of a split of a corpus, encoded, in windows of at most a minute.

    Raises:
        UserError: no finished corpus there, or its split has no streams or no replies.
    """
    corpus = load_corpus(folder)
    if split not in corpus:
        raise UserError(
            f"{folder}: has no {split} streams; training needs some of train and of validation"
        )
    if not any(len(responses) for responses in corpus[split]["responses"]):
        raise UserError(
            f"{folder}: no {split} stream has a reply; there is nothing to learn or see"
        )
    rows = corpus[split].select(range(min(count, len(corpus[split]))))
    records, pieces = cached_frames(
        cache,
        {
            "what": "corpus",
            "corpus": hashlib.sha256((Path(folder) / MANIFEST).read_bytes()).hexdigest(),
            "split": split,
            "count": len(rows),
        },
        model,
        lambda: ((stream.timeline(), stream.audio) for stream in map(stream_from_row, rows)),
        len(rows),
        f"encode {split} streams",
        code=("audio_interaction.audio.io", "audio_interaction.corpus.schema"),
    )
    return [
        window
        for record, frames in zip(records, pieces, strict=True)
        for window in windows(
            EncodedStream(stream_from_timeline(record), len(frames) // FRAMES_PER_CHUNK, frames)
        )
    ]


def windows(encoded: EncodedStream, longest: int = WINDOW_CHUNKS) -> list[EncodedStream]:
    """Cut a stream into windows of at most `longest` chunks, times counted from each one's start.

    A cut lies as late as possible between two foreground events and their replies. Where there is
    no such place it cuts through an event; a reply that would then fall behind the cut is left out.
    """
    if encoded.num_chunks <= longest:
        return [encoded]
    made, first = [], 0
    while first < encoded.num_chunks:
        last = _cut(encoded.stream, first, min(first + longest, encoded.num_chunks))
        if encoded.num_chunks - first <= longest:
            last = encoded.num_chunks
        made.append(_window(encoded, first, last, len(made)))
        first = last
    return made


def _cut(stream: Stream, first: int, last: int) -> int:
    for chunk in range(last, first, -1):
        at = seconds_of(chunk)
        heard = any(e.role == "fg" and e.start < at < e.end for e in stream.events)
        if not heard and not any(_pending(response, at) for response in stream.responses):
            return chunk
    return last


def _pending(response: Response, at: float) -> bool:
    """Whether a reply may still be said after `at` seconds though its trigger has ended."""
    return at - TRANSCRIPT_LAG < response.end <= at


def _window(encoded: EncodedStream, first: int, last: int, number: int) -> EncodedStream:
    start, end = seconds_of(first), seconds_of(last)
    stream = encoded.stream

    def moved(item):
        return replace(item, start=max(item.start, start) - start, end=min(item.end, end) - start)

    events = tuple(
        replace(moved(event), words=tuple(moved(w) for w in event.words if start <= w.start < end))
        for event in stream.events
        if event.start < end and event.end > start
    )
    responses = tuple(
        moved(response)
        for response in stream.responses
        if start < response.end <= end
        and not (last < encoded.num_chunks and _pending(response, end))
    )
    return EncodedStream(
        replace(stream, id=f"{stream.id}-{number}", events=events, responses=responses),
        last - first,
        encoded.frames[first * FRAMES_PER_CHUNK : last * FRAMES_PER_CHUNK],
    )
