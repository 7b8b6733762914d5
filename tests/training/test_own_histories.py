"""What an adapter says of training streams, kept and learnt from."""

import dataclasses

import pytest
import torch

from audio_interaction.corpus.schema import Response
from audio_interaction.layouts import parse_online
from audio_interaction.streaming.session import Session
from audio_interaction.training.data import EncodedStream, Redrawn
from audio_interaction.training.own_histories import own_histories
from tests.training.histories import stream_of


@pytest.fixture
def streams():
    torch.manual_seed(0)
    stream = stream_of(Response(0.5, 1.0, "yes"))
    return [EncodedStream(stream, 6, torch.randn(60, 384).half()) for _ in range(2)]


@pytest.fixture
def talkative(untrained):
    """It answers every chunk."""
    return dataclasses.replace(untrained, threshold=0.0)


def test_they_are_what_a_session_says(talkative, streams, tmp_path):
    told = own_histories(talkative, streams, tmp_path)
    assert [list(said) for said in told] == [list(range(6))] * 2
    assert told[0] != told[1]


def test_they_are_heard_once_for_the_same_weights(talkative, streams, tmp_path, monkeypatch):
    first = own_histories(talkative, streams, tmp_path)
    monkeypatch.setattr(Session, "hear_frames", None)
    for name, weight in talkative.network.named_parameters():
        if "audio_bos_eos_token" in name:  # another one in every process
            torch.nn.init.normal_(weight)
    assert own_histories(talkative, streams, tmp_path) == first
    with pytest.raises(TypeError):
        own_histories(dataclasses.replace(talkative, threshold=0.5), streams, tmp_path)


def test_processes_hear_the_same_and_go_on_where_they_were_stopped(
    talkative, streams, tmp_path, monkeypatch
):
    monkeypatch.setattr("audio_interaction.training.own_histories.PART", 1)
    alone = own_histories(talkative, streams, tmp_path / "alone")
    assert own_histories(talkative, streams, tmp_path / "both", workers=2) == alone
    (first, _) = sorted((tmp_path / "both").glob("histories-*/*.json"))
    first.unlink()
    heard = []
    session = Session.hear_frames
    monkeypatch.setattr(
        Session, "hear_frames", lambda self, chunk: heard.append(chunk) or session(self, chunk)
    )
    assert own_histories(talkative, streams, tmp_path / "both") == alone
    assert len(heard) == 6  # chunks of the first stream alone


def test_a_batch_takes_them_for_a_share_of_its_streams(talkative, streams, tmp_path):
    told = own_histories(talkative, streams, tmp_path)
    for share, expected in ((0.0, 0), (1.0, 40), (0.5, pytest.approx(20, abs=8))):
        examples = Redrawn(talkative, streams, 0, histories=told, own=share)
        taken = 0
        for batch in range(40):
            layout = examples.in_batch(0, [0, batch]).layout
            _, _, replies = parse_online(talkative.tokens, layout.input_ids)
            taken += len(replies) == 6
        assert taken == expected
