"""The session: what it decides depends on what was heard, never on how it was pushed."""

import numpy as np
import pytest
import torch

from audio_interaction.layouts import Reply, online_layout, parse_online
from audio_interaction.protocol import CHUNK_SAMPLES
from audio_interaction.streaming.session import (
    Decision,
    ResponseEnd,
    ResponseStart,
    Session,
    TextDelta,
    decide,
    listen,
)

SOUND = np.random.default_rng(1).standard_normal(10 * CHUNK_SAMPLES).astype(np.float32) * 0.1
SYSTEM = "listen and help when needed"


@pytest.fixture
def talkative(untrained):
    """A threshold that the untrained model crosses at some chunks and not at others."""
    return float(np.median(listen(untrained, SOUND, SYSTEM, threshold=1.1).p_response))


def run(session, pieces):
    events = [event for piece in pieces for event in session.push(piece)]
    return events + list(session.flush())


@pytest.mark.parametrize("size", [1_000, 6_400, 17_001])
def test_the_size_of_the_pushes_does_not_matter(untrained, talkative, size):
    whole = run(Session(untrained, SYSTEM, talkative, 4), [SOUND])
    pieces = [SOUND[i : i + size] for i in range(0, len(SOUND), size)]
    assert run(Session(untrained, SYSTEM, talkative, 4), pieces) == whole


def test_every_chunk_is_decided_once_at_its_end(untrained):
    decisions = [
        event
        for event in run(Session(untrained, SYSTEM, 1.1), [SOUND])
        if isinstance(event, Decision)
    ]
    assert [d.chunk for d in decisions] == list(range(13))  # 10 and a tail of 1 s
    assert [d.time for d in decisions] == pytest.approx([0.4 * (i + 1) for i in range(13)])
    assert not any(d.responds for d in decisions)


def test_a_reply_has_a_start_its_words_and_an_end(untrained):
    events = run(Session(untrained, SYSTEM, 0.0, 3), [SOUND[: 2 * CHUNK_SAMPLES]])
    kinds = [type(event) for event in events]
    assert kinds[:2] == [Decision, ResponseStart]
    for event in events:
        if isinstance(event, ResponseStart):
            text = ""
        elif isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, ResponseEnd):
            assert event.text == text
    assert kinds.count(ResponseStart) == kinds.count(ResponseEnd) == kinds.count(Decision)


def teacher_forced_curve(model, samples, layout):
    """p(response) of every chunk in one pass over the finished sequence."""
    frames = model.features(samples).flatten(0, 1)
    with torch.inference_mode():
        embeddings = model.thinker.embed(
            torch.tensor([layout.input_ids]), torch.tensor([layout.is_frame]), frames
        )
        hidden = model.thinker.decode_embeddings(embeddings)[0]
        return decide(model, hidden[torch.tensor(layout.decisions) - 1]).numpy()


def spoken_layout(model, transcript, system):
    """The sequence a session has produced, laid out as training would lay it out."""
    replies = {
        said.chunk: Reply(tuple(model.encode(said.text)), said.emotion)
        for said in transcript.spoken
    }
    return online_layout(model.tokens, model.encode(system), len(transcript.p_response), replies)


def test_the_session_is_the_teacher_forced_pass_over_its_own_history(untrained):
    transcript = listen(untrained, SOUND, SYSTEM, threshold=1.1, tail_seconds=0)
    layout = spoken_layout(untrained, transcript, SYSTEM)
    assert parse_online(untrained.tokens, layout.input_ids)[1] == 10
    curve = teacher_forced_curve(untrained, SOUND, layout)
    np.testing.assert_allclose(transcript.p_response, curve, atol=1e-4)


def test_a_stream_of_nothing_is_decided_by_its_tail_alone(untrained):
    transcript = listen(untrained, np.zeros(0, np.float32), SYSTEM, threshold=1.1)
    assert transcript.seconds == pytest.approx(1.2) and transcript.spoken == ()


def test_the_transcript_joins_the_replies(untrained):
    transcript = listen(untrained, SOUND[: 3 * CHUNK_SAMPLES], SYSTEM, threshold=0.0)
    assert len(transcript.spoken) == len(transcript.p_response) == len(transcript.chunk_seconds)
    assert transcript.text == " ".join(s.text for s in transcript.spoken if s.text)
