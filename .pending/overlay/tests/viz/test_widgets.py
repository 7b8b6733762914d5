import importlib.util
import math

import numpy as np
import pytest

from audio_interaction.audio.io import decode
from audio_interaction.streaming.session import (
    Decision,
    ResponseEnd,
    ResponseStart,
    Session,
    TextDelta,
    listen,
)
from audio_interaction.viz import widgets
from audio_interaction.viz.widgets import DecidePlayer, LivePanel


@pytest.fixture
def player(heard):
    return DecidePlayer(heard.samples, heard.transcript, heard.stream)


def figure_of(player):
    (figure,) = player._picture.children
    return figure


def test_threshold_slider_changes_who_responds(player):
    before = player.responding.tolist()
    assert len(before) == 3
    player.threshold.value = 0.3
    assert len(player.responding) == 4 and set(before) < set(player.responding.tolist())
    assert "words not known" in player.replies.value
    assert figure_of(player).layout.shapes[0].y0 == 0.3
    player.threshold.value = 0.9
    assert player.responding.tolist() == before[:1]
    assert player.replies.value.count("<li") == 1


def test_time_slider_shows_only_what_was_heard(player):
    assert player.replies.value.count("<li") == 3
    player.heard.value = 8  # the question ends within the ninth chunk
    assert "nothing said" in player.replies.value and "&lt;silent&gt;" in player.now.value
    assert figure_of(player).layout.shapes[-1].x0 == pytest.approx(3.2)
    player.heard.value = 9
    assert "3.6 s: paris (right time)" in player.replies.value
    assert "&lt;response&gt;" in player.now.value and "p(response) 0.93" in player.now.value
    player.heard.value = 0
    assert "0.0 s" in player.now.value


def test_sound_and_slider_follow_each_other(player, heard, monkeypatch):
    sought = []
    monkeypatch.setattr(player._sound, "send", sought.append)
    np.testing.assert_allclose(decode(player._sound.sound), heard.samples, atol=1e-4)
    player._sound.now = 9.6  # 9.6 / 0.4 is 23.999999999999996
    assert player.heard.value == 24 and sought == []
    player.heard.value = 5
    assert sought == [{"seek": 2.0}]


def test_without_anywidget_the_player_still_works(heard, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "anywidget" else find(name)
    )
    player = DecidePlayer(heard.samples, heard.transcript)
    assert player._picture.children == ()
    _, play = player._sound.children
    play.value = 9
    assert player.heard.value == 9 and "3.6 s: paris" in player.replies.value
    player.threshold.value = 0.95
    assert len(player.responding) == 0 and "nothing said" in player.replies.value


def test_live_panel_follows_events_from_anywhere():
    panel = LivePanel(lambda: None)
    panel.follow([Decision(0, 0.4, 0.2, False)])
    assert "&lt;silent&gt;" in panel.now.value and panel.signal.value.count("<rect") == 0
    panel.follow([Decision(1, 0.8, 0.9, True), ResponseStart(0.8, "urgent")])
    panel.follow([TextDelta(0.8, "look"), TextDelta(0.8, " out")])
    assert "0.8 s: look out" in panel.replies.value  # before the reply is complete
    panel.follow([ResponseEnd(0.8, "look out <b>")])
    assert panel.replies.value.count("<li") == 1 and "&lt;b&gt;" in panel.replies.value
    assert panel.signal.value.count("<rect") == 1


def test_live_signal_keeps_the_last_half_minute():
    panel = LivePanel(lambda: None)
    panel.follow(Decision(k, 0.4 * (k + 1), 0.9, True) for k in range(200))
    assert panel.signal.value.count("<rect") == widgets.SIGNAL_CHUNKS


def test_live_panel_hears_what_listen_hears(untrained, heard):
    samples = heard.samples[: 6400 * 5 + 1000]
    panel = LivePanel(lambda: Session(untrained, "listen", threshold=0.4, max_reply_tokens=3))
    live = panel.play(samples, pace=math.inf)
    session = Session(untrained, "listen", threshold=0.4, max_reply_tokens=3)
    events = [*session.push(samples), *session.flush()]
    decisions = [event for event in events if isinstance(event, Decision)]
    assert live.p_response.tolist() == [event.p_response for event in decisions]
    said = [event.text for event in events if isinstance(event, ResponseEnd)]
    assert [reply.text for reply in live.spoken] == said
    assert len(live.chunk_seconds) == len(decisions) and (live.chunk_seconds > 0).all()
    quiet = listen(untrained, samples, "listen", threshold=1.1)
    assert live.seconds == quiet.seconds


def test_real_time_takes_as_long_as_the_sound(untrained, heard, monkeypatch):
    waits = []
    monkeypatch.setattr(widgets.time, "sleep", waits.append)
    panel = LivePanel(lambda: Session(untrained, "listen", threshold=1.1))
    panel.play(heard.samples[: 6400 * 4])
    assert len(waits) == 4 and max(waits) > 0.4
    (sound,) = panel._player.children
    assert sound.autoplay
