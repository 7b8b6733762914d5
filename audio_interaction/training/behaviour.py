"""Watching behaviour while training: what the loss curve hides.

An always-silent model has a low loss, since most decisions are silence. So the decide signal of
held-out streams is looked at directly: how probable is a response where one is due, and elsewhere;
and what would be hit and what disturbed at a threshold. Two ways lead to a curve of p(response):
`teacher_forced` decides every chunk on the true history, for many streams at once; `free_running`
is the streaming session itself, with the model's own replies in its context.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import torch

from audio_interaction.corpus.labels import EVALUATION_LAG, Said, decision_chunks
from audio_interaction.corpus.matching import WINDOW, Onset, chunk_of, match, onsets
from audio_interaction.corpus.operating_point import ALARMS_PER_HOUR, THRESHOLDS, choose
from audio_interaction.corpus.schema import Response, is_asr
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.protocol import CHUNK_SECONDS, FRAMES_PER_CHUNK, trigger_chunk
from audio_interaction.streaming.session import (
    Decision,
    ResponseEnd,
    ResponseStart,
    Session,
    decide,
)
from audio_interaction.training.batches import Example, collate
from audio_interaction.training.data import EncodedStream, stream_layout

LONGEST_REPLY = 16
"""Tokens after which a watched session closes a reply: what it says is not scored here."""


@torch.inference_mode()
def teacher_forced(
    model: InteractionModel, streams: Sequence[EncodedStream], positions: int = 8192
) -> list[np.ndarray]:
    """p(response) after every chunk, given the true history: float (C,) for each stream."""
    curves: list[np.ndarray] = [np.empty(0)] * len(streams)
    layouts = [stream_layout(model, encoded, EVALUATION_LAG) for encoded in streams]
    order = list(range(len(streams)))
    while order:
        taken, filled = [], 0
        while order and (not taken or filled + len(layouts[order[-1]]) <= positions):
            taken.append(order.pop())
            filled += len(layouts[taken[-1]])
        batch = collate([Example(layouts[i], streams[i].frames) for i in taken])
        batch = batch.to(model.thinker.device)
        starts = accumulate(batch.segments[:-1], initial=0)
        decisions = [torch.tensor(layouts[i].decisions) for i in taken]
        places = [start + each - 1 for start, each in zip(starts, decisions, strict=True)]
        states = model.thinker.decode_embeddings(
            model.thinker.embed(batch.input_ids, batch.is_frame, batch.frames),
            segments=batch.segments,
            read=torch.cat(places).to(model.thinker.device),
        )[0]
        for i, each in zip(taken, states.split([len(each) for each in places]), strict=True):
            curves[i] = decide(model, each).float().cpu().numpy()
    return curves


@dataclass(frozen=True)
class Heard:
    """One stream as heard: p(response) of its chunks, float (C,), and what was said."""

    p_response: np.ndarray
    said: Said


def free_running(
    model: InteractionModel, streams: Sequence[EncodedStream], threshold: float
) -> list[Heard]:
    """Run streams through the streaming session, each reply becoming part of its context."""
    heard = []
    for encoded in streams:
        session = Session(model, encoded.stream.system, threshold, LONGEST_REPLY)
        frames = encoded.frames.float().to(model.thinker.device).split(FRAMES_PER_CHUNK)
        p_response: list[float] = []
        said: Said = {}
        emotion = "normal"
        for event in (event for chunk in frames for event in session.hear_frames(chunk)):
            match event:
                case Decision():
                    p_response.append(event.p_response)
                case ResponseStart():
                    emotion = event.emotion
                case ResponseEnd():
                    said[len(p_response) - 1] = (event.text, emotion)
        heard.append(Heard(np.array(p_response), said))
    return heard


@dataclass(frozen=True)
class Behaviour:
    """What a model does at one threshold on streams other than transcription.

    Attributes:
        threshold: p(response) from which a chunk is answered.
        p_at_events: mean p(response) at the chunks where a reply is due.
        p_elsewhere: mean p(response) at all other chunks.
        precision, recall, f1: of responses against triggers (`corpus.matching`).
        early: share of the triggers that were answered before they had ended.
        once: share of the triggers that got one response, in time, and no other from their start
            to the end of their window.
        false_alarms_per_hour: on the streams whose timeline has no response.
    """

    threshold: float
    p_at_events: float
    p_elsewhere: float
    precision: float
    recall: float
    f1: float
    early: float
    once: float
    false_alarms_per_hour: float


def is_watched(encoded: EncodedStream) -> bool:
    """Whether behaviour is scored on a stream: on all but transcription."""
    return not is_asr(encoded.stream)


def behaviour(
    streams: Sequence[EncodedStream],
    curves: Sequence[np.ndarray],
    threshold: float,
    said: Sequence[Sequence[int]] | None = None,
) -> Behaviour:
    """Score curves of p(response) at a threshold; transcription streams are left out.

    Args:
        streams: with their timelines.
        curves: float (C,) for each stream.
        threshold: p(response) from which a chunk is answered.
        said: chunks with a reply for each stream, of a session at this threshold; read off the
            curves by default, as is right for teacher-forced ones.

    Raises:
        ValueError: there is nothing but transcription.
    """
    at_events, elsewhere = [], []
    hits = replies = due = alarms = early = once = 0
    silent_hours = 0.0
    if said is None:
        said = [[onset.chunk for onset in onsets(curve, threshold)] for curve in curves]
    for encoded, curve, chunks in zip(streams, curves, said, strict=True):
        if not is_watched(encoded):
            continue
        responses = encoded.stream.responses
        expected = np.zeros(len(curve), bool)
        expected[list(decision_chunks(encoded.stream, encoded.num_chunks))] = True
        at_events.append(curve[expected])
        elsewhere.append(curve[~expected])
        matched = match(responses, [Onset(chunk) for chunk in chunks], encoded.num_chunks)
        answers = {hit.response: hit.spoken for hit in matched.hits}
        others = [chunks[i] for i in range(len(chunks)) if i not in answers.values()]
        once += sum(not _within(responses[index], others) for index in answers)
        hits += len(answers)
        early += len(matched.early)
        replies += len(chunks)
        due += len(responses)
        if not responses:
            alarms += len(chunks)
            silent_hours += encoded.num_chunks * CHUNK_SECONDS / 3600
    if not at_events:
        raise ValueError("behaviour needs streams other than transcription")
    return Behaviour(
        threshold=threshold,
        p_at_events=_mean(at_events),
        p_elsewhere=_mean(elsewhere),
        precision=hits / max(1, replies),
        recall=hits / max(1, due),
        f1=2 * hits / max(1, replies + due),
        early=early / max(1, due),
        once=once / max(1, due),
        false_alarms_per_hour=alarms / silent_hours if silent_hours else 0.0,
    )


def bounded(
    streams: Sequence[EncodedStream],
    curves: Sequence[np.ndarray],
    alarms_per_hour: float = ALARMS_PER_HOUR,
) -> Behaviour:
    """Behaviour at the threshold that `operating_point.choose` chooses under this bound."""
    looks = [behaviour(streams, curves, threshold) for threshold in THRESHOLDS]
    return choose(looks, alarms_per_hour)[0]


def _within(response: Response, chunks: Sequence[int]) -> bool:
    first, last = chunk_of(response.start), trigger_chunk(response.end) + WINDOW
    return any(first <= chunk <= last for chunk in chunks)


def _mean(pieces: Sequence[np.ndarray]) -> float:
    values = np.concatenate(pieces)
    return float(values.mean()) if len(values) else 0.0
