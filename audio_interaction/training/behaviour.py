"""Watching behaviour while training: what the loss curve hides.

An always-silent model has a low loss, since most decisions are silence. So the decide signal of
held-out streams is looked at directly: how probable is a response where one is due, and elsewhere;
and what would be hit and what disturbed at a threshold. Decisions are teacher-forced: every chunk
is decided on the true history.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from audio_interaction.corpus.labels import EVALUATION_LAG, decision_chunks
from audio_interaction.corpus.matching import match, onsets
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.protocol import CHUNK_SECONDS
from audio_interaction.streaming.session import decide
from audio_interaction.training.batches import Example, collate
from audio_interaction.training.data import EncodedStream, stream_layout


@torch.inference_mode()
def teacher_forced(
    model: InteractionModel, streams: Sequence[EncodedStream], positions: int = 8192
) -> list[np.ndarray]:
    """p(response) after every chunk, given the true history: float (C,) for each stream."""
    was_training = model.network.training
    model.network.eval()
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
        hidden = model.thinker.decode_embeddings(
            model.thinker.embed(batch.input_ids, batch.is_frame, batch.frames),
            segments=batch.segments,
        )
        for i, states in zip(taken, hidden[0].split(batch.segments), strict=True):
            places = torch.tensor(layouts[i].decisions, device=states.device) - 1
            curves[i] = decide(model, states[places]).float().cpu().numpy()
    model.network.train(was_training)
    return curves


@dataclass(frozen=True)
class Behaviour:
    """What a model would do at one threshold on streams other than transcription.

    Attributes:
        threshold: p(response) from which a chunk is answered.
        p_at_events: mean p(response) at the chunks where a reply is due.
        p_elsewhere: mean p(response) at all other chunks.
        precision, recall, f1: of responses against triggers (`corpus.matching`).
        false_alarms_per_hour: on the streams whose timeline has no response.
    """

    threshold: float
    p_at_events: float
    p_elsewhere: float
    precision: float
    recall: float
    f1: float
    false_alarms_per_hour: float


def behaviour(
    streams: Sequence[EncodedStream], curves: Sequence[np.ndarray], threshold: float
) -> Behaviour:
    """Score teacher-forced curves at a threshold; transcription streams are left out."""
    at_events, elsewhere = [], []
    hits = said = due = alarms = 0
    silent_hours = 0.0
    for encoded, curve in zip(streams, curves, strict=True):
        if any(response.kind == "transcript" for response in encoded.stream.responses):
            continue
        expected = np.zeros(len(curve), bool)
        expected[list(decision_chunks(encoded.stream, encoded.num_chunks))] = True
        at_events.append(curve[expected])
        elsewhere.append(curve[~expected])
        spoken = onsets(curve, threshold)
        matched = match(encoded.stream.responses, spoken, encoded.num_chunks)
        hits += len(matched.hits)
        said += len(spoken)
        due += len(encoded.stream.responses)
        if not encoded.stream.responses:
            alarms += len(spoken)
            silent_hours += encoded.num_chunks * CHUNK_SECONDS / 3600
    return Behaviour(
        threshold=threshold,
        p_at_events=float(np.concatenate(at_events).mean()),
        p_elsewhere=float(np.concatenate(elsewhere).mean()),
        precision=hits / max(1, said),
        recall=hits / max(1, due),
        f1=2 * hits / max(1, said + due),
        false_alarms_per_hour=alarms / silent_hours if silent_hours else 0.0,
    )
