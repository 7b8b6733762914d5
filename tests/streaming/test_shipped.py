"""The shipped model on held-out streams: streaming is the teacher-forced pass, and fast enough."""

import numpy as np
import pytest
import torch

from audio_interaction.audio.features import log_mel
from audio_interaction.corpus.build import compose_streams
from audio_interaction.layouts import Reply, online_layout, parse_online
from audio_interaction.model.interaction import load_model
from audio_interaction.protocol import CHUNK_SAMPLES
from audio_interaction.streaming.session import decide, listen

STREAMS = 20


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.fixture(scope="module", params=range(STREAMS))
def heard(request, model, streams):
    stream = streams[request.param]
    return stream, listen(model, stream.audio, stream.system, tail_seconds=0)


@pytest.fixture(scope="module")
def streams():
    return compose_streams("test", STREAMS, seed=2)


def test_decisions_equal_the_teacher_forced_ones(model, heard):
    stream, transcript = heard
    replies = {
        said.chunk: Reply(tuple(model.encode(said.text)), said.emotion)
        for said in transcript.spoken
    }
    chunks = len(stream.audio) // CHUNK_SAMPLES
    layout = online_layout(model.tokens, model.encode(stream.system), chunks, replies)
    assert parse_online(model.tokens, layout.input_ids) == (
        model.encode(stream.system),
        chunks,
        replies,
    )
    frames = model.features_of_mel(log_mel(stream.audio)).flatten(0, 1)
    with torch.inference_mode():
        embeddings = model.thinker.embed(
            torch.tensor([layout.input_ids]), torch.tensor([layout.is_frame]), frames
        )
        hidden = model.thinker.decode_embeddings(embeddings)[0]
        curve = decide(model, hidden[torch.tensor(layout.decisions) - 1]).numpy()
    np.testing.assert_allclose(transcript.p_response, curve, atol=1e-3)
    assert np.array_equal(transcript.p_response >= model.threshold, curve >= model.threshold)
    spoken_at = [said.chunk for said in transcript.spoken]
    assert spoken_at == np.flatnonzero(curve >= model.threshold).tolist()


def test_replies_are_words_of_the_domain(model, heard):
    _, transcript = heard
    for said in transcript.spoken:
        assert model.decode(model.encode(said.text)) == said.text
