"""Training material: offline items and streams, encoded once and laid out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path

import numpy as np
import torch

from audio_interaction.corpus.build import iterate_streams
from audio_interaction.corpus.labels import Said, due_chunks, spoken
from audio_interaction.corpus.offline import offline_items
from audio_interaction.corpus.pipeline import REVERBERANT_SHARE
from audio_interaction.corpus.schema import Stream, stream_from_timeline
from audio_interaction.corpus.sources import Sources, digest
from audio_interaction.corpus.variety import widened
from audio_interaction.layouts import Layout, Reply, offline_layout, online_layout
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.protocol import FRAMES_PER_CHUNK
from audio_interaction.training.batches import Example, unlabelled
from audio_interaction.training.expert import owed
from audio_interaction.training.frames import cached_frames, frame_count
from audio_interaction.training.listening import heard_targets
from audio_interaction.training.slips import slipped


def offline_examples(
    model: InteractionModel,
    sources: Sources,
    cache: Path,
    *,
    seed: int,
    speech_variants: int,
    sound_variants: int,
    sound_weight: float = 1.0,
    more_sounds: int = 0,
    in_rooms: float = 0.0,
    mel: bool = False,
) -> list[Example]:
    """One example for each thing that may be asked of each hearing of each clip.

    The clips are the sounds, `more_sounds` of each class included (`corpus.variety.widened`), and
    the sentences of the closed domain (`Sources.closed`); `in_rooms` is the share that is heard in
    a room. With `mel` they come as log-mel, for a tower that learns.

    The loss of an item is weighted by 1 / sqrt(its number of words), so that a transcript does not
    drown a one-word name.
    """
    records, pieces = [], []
    for kind, chosen, variants, more in (
        ("speech", attrgetter("closed"), speech_variants, 0),
        ("sounds", attrgetter("sounds"), sound_variants, more_sounds),
    ):
        if variants == 0:
            continue
        clips = chosen(sources)
        heard, frames = cached_frames(
            cache,
            {
                "what": f"offline {kind}",
                "clips": digest((*clips, *sources.noises)),
                "seed": seed,
                "variants": variants,
                "more": more,
                "in_rooms": in_rooms,
            },
            model,
            lambda chosen=chosen, variants=variants, more=more: (
                (item.record(), item.samples)
                for item in offline_items(
                    chosen(widened(sources, more, seed)), sources.noises, seed, variants, in_rooms
                )
            ),
            None if more else len(clips) * variants,
            f"encode {sources.split} {kind}",
            code=(
                "audio_interaction.corpus.offline",
                *(["audio_interaction.corpus.variety"] if more else []),
            ),
            mel=mel,
        )
        records += heard
        pieces += frames
    examples = []
    for record, frames in zip(records, pieces, strict=True):
        transcript = tuple(model.encode(record["transcript"]))
        weight = sound_weight if record["kind"] == "sound" else 1.0
        for instruction, reply in record["tasks"]:
            ids = model.encode(reply)
            layout = offline_layout(
                model.tokens, [], frame_count(frames), model.encode(instruction), ids
            )
            examples.append(
                Example(
                    layout,
                    frames,
                    transcript,
                    weight / len(ids) ** 0.5,
                    record["kind"],
                    id=record["clip"],
                )
            )
    return examples


@dataclass(frozen=True)
class EncodedStream:
    """A stream without its samples: its timeline, and its frames, float16 (chunks * 10, d_model).

    Where the tower learns, the frames are the log-mel that it hears: float16 (chunks, n_mels, 40).
    """

    stream: Stream
    num_chunks: int
    frames: torch.Tensor


def encoded_streams(
    model: InteractionModel,
    sources: Sources,
    cache: Path,
    *,
    count: int,
    seed: int,
    tasks=None,
    more_sounds: int = 0,
    reverberant: float = REVERBERANT_SHARE,
    mel: bool = False,
) -> list[EncodedStream]:
    """`count` streams of a split, encoded; the samples themselves are not kept.

    Their sounds are those of the sources and `more_sounds` of each class
    (`corpus.variety.widened`); `reverberant` is the share of them that is heard in a room. With
    `mel` they are log-mel, for a tower that learns.
    """
    records, pieces = cached_frames(
        cache,
        {
            "what": "streams",
            "sources": sources.digest,
            "seed": seed,
            "count": count,
            "tasks": tasks,
            "more": more_sounds,
            "reverberant": reverberant,
        },
        model,
        lambda: (
            (stream.timeline(), stream.audio)
            for stream in iterate_streams(
                sources.split,
                count,
                seed,
                tasks,
                widened(sources, more_sounds, seed),
                reverberant,
            )
        ),
        count,
        f"encode {sources.split} streams",
        code=("audio_interaction.corpus.build", "audio_interaction.corpus.pipeline"),
        mel=mel,
    )
    return [
        EncodedStream(stream_from_timeline(record), frame_count(frames) // FRAMES_PER_CHUNK, frames)
        for record, frames in zip(records, pieces, strict=True)
    ]


def stream_layout(
    model: InteractionModel,
    encoded: EncodedStream,
    lag: float | np.random.Generator,
    slips: float = 0.0,
    history: Said | None = None,
) -> Layout:
    """Lay a stream out with its replies `lag` seconds after their triggers (`corpus.labels`).

    Args:
        slips: share of them that are a chunk off (`training.slips`), drawn from `lag`, then a
            generator.
        history: what was said instead; the labels are what is owed then (`training.expert`).
    """
    stream, num_chunks = encoded.stream, encoded.num_chunks
    due = due_chunks(stream, num_chunks, lag)
    if history is None and slips:
        history = slipped(stream, num_chunks, due, slips, lag)
    if history is None:
        history = should = spoken(due)
    else:
        should = owed(stream, num_chunks, due, history)
    # Each text is encoded once: most of what is said is what is owed.
    reply = {
        (text, emotion): Reply(tuple(model.encode(text)), emotion)
        for text, emotion in {*history.values(), *should.values()}
    }
    replies, labels = ({at: reply[one] for at, one in of.items()} for of in (history, should))
    return online_layout(model.tokens, model.encode(stream.system), num_chunks, replies, labels)


def stream_examples(
    model: InteractionModel, streams: list[EncodedStream], seed: int
) -> list[Example]:
    """Training examples of streams; the lag of every reply is drawn from `seed`."""
    rng = np.random.default_rng(seed)
    return [
        _example(encoded, stream_layout(model, encoded, rng), _words(model, encoded))
        for encoded in streams
    ]


def scene_examples(model: InteractionModel, streams: list[EncodedStream]) -> list[Example]:
    """The same streams with nobody replying, and nothing to learn of when to.

    For the losses of listening and CTC: what is heard in every chunk, and which words.
    """
    examples = []
    for encoded in streams:
        system = model.encode(encoded.stream.system)
        layout = unlabelled(online_layout(model.tokens, system, encoded.num_chunks, {}))
        examples.append(_example(encoded, layout, _words(model, encoded)))
    return examples


def _example(encoded: EncodedStream, layout: Layout, words: tuple[int, ...]) -> Example:
    return Example(
        layout=layout,
        frames=encoded.frames,
        transcript=words,
        group=encoded.stream.task,
        heard=heard_targets(encoded.stream, encoded.num_chunks),
        id=encoded.stream.id,
    )


def _words(model: InteractionModel, encoded: EncodedStream) -> tuple[int, ...]:
    """Ids of all that is said in the foreground of a stream."""
    speech = [event for event in encoded.stream.events if event.kind == "speech"]
    said = sorted((event for event in speech if event.role == "fg"), key=lambda event: event.start)
    return tuple(model.encode(" ".join(event.text for event in said)))


class Redrawn(Sequence):
    """Examples whose streams get new lags in every batch they are part of.

    The draw depends on `seed` and on which examples stand in the batch, and batches are shuffled
    anew every epoch. So it changes from epoch to epoch, and a run that is resumed, or divided
    among processes, draws the same lags without keeping any state. The length of a layout does
    not depend on its lags; words of a transcript that slip make it a few positions longer or
    shorter.

    Args:
        model, streams, seed: as for `stream_examples`.
        others: examples numbered on after the streams; they stay as they are.
        slips: share of the replies that are a chunk off (`training.slips`).
        histories: what a model said of each of the streams (`training.own_histories`), none by
            default.
        own: share of the draws that take that for the history.
    """

    def __init__(
        self,
        model: InteractionModel,
        streams: list[EncodedStream],
        seed: int,
        others: Sequence[Example] = (),
        slips: float = 0.0,
        histories: Sequence[Said] = (),
        own: float = 0.0,
    ) -> None:
        self.model, self.streams, self.seed, self.slips = model, streams, seed, slips
        self.histories, self.own = histories, own
        self.examples = [*stream_examples(model, streams, seed), *others]

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Example:
        return self.examples[index]

    def in_batch(self, index: int, batch: Sequence[int]) -> Example:
        """An example as it is in a batch of these indices."""
        if index >= len(self.streams):
            return self.examples[index]
        rng = np.random.default_rng([self.seed, index, *batch])
        history = self.histories[index] if rng.random() < self.own else None
        layout = stream_layout(self.model, self.streams[index], rng, self.slips, history)
        return replace(self.examples[index], layout=layout)
