"""Panels for JupyterLab: scrub through a stream that was heard, or listen to one live.

They need a running kernel; beside them a notebook shows `decide_figure`, which everyone can see.
Without anywidget the panels work with the plain audio element and without the figure.
"""

from __future__ import annotations

import html
import importlib.util
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np

from audio_interaction.audio.io import encode
from audio_interaction.protocol import CHUNK_SAMPLES, CHUNK_SECONDS, seconds_of
from audio_interaction.viz import theme
from audio_interaction.viz.animate import curtain
from audio_interaction.viz.decide import decide_figure
from audio_interaction.viz.verdicts import answers, responding

if TYPE_CHECKING:
    from audio_interaction.corpus.schema import Stream
    from audio_interaction.streaming.session import Session, SessionEvent, Transcript

SIGNAL_CHUNKS = 75
"""Chunks that the live signal shows: 30 s."""


def has_anywidget() -> bool:
    """Whether figures can be live widgets and the player can follow the sound."""
    return importlib.util.find_spec("anywidget") is not None


class DecidePlayer(widgets.VBox):
    """Hear a stream again and watch what was decided: everything up to the slider's moment.

    Playing the sound moves the slider, moving the slider seeks. The threshold slider asks which
    chunks would have responded at another threshold (`verdicts.responding`).

    Args:
        samples: float32 (S,) at 16 kHz.
        transcript: what `streaming.session.listen` returned for them.
        stream: the timeline, for events and verdicts.

    Attributes:
        heard: slider, number of chunks heard so far.
        threshold: slider.
        now, replies: HTML of the last decision and of the replies so far.
    """

    def __init__(
        self, samples: np.ndarray, transcript: Transcript, stream: Stream | None = None
    ) -> None:
        self._samples, self._transcript, self._stream = samples, transcript, stream
        chunks = len(transcript.p_response)
        wide = widgets.Layout(width="95%")
        self.heard = widgets.IntSlider(
            value=chunks, max=chunks, description="chunks", layout=wide, readout=False
        )
        self.threshold = widgets.FloatSlider(
            value=transcript.threshold, min=0.01, max=0.99, step=0.01, description="threshold",
            continuous_update=False, layout=wide,
        )  # fmt: skip
        self.now, self.replies = widgets.HTML(), widgets.HTML()
        self._sound = _sound(samples, self.heard)
        self._picture = widgets.VBox()
        self._redraw()
        self.heard.observe(self._move, "value")
        self.threshold.observe(self._redraw, "value")
        super().__init__(
            [self._sound, self.heard, self.threshold, self.now, self._picture, self.replies]
        )

    @property
    def responding(self) -> np.ndarray:
        """Chunks (from 0) of the whole stream that respond at the slider's threshold."""
        return responding(self._transcript.p_response, self.threshold.value)

    def _redraw(self, _=None) -> None:
        self._answers, _missed = answers(self._transcript, self.threshold.value, self._stream)
        if has_anywidget():
            from plotly.graph_objects import FigureWidget

            figure = decide_figure(
                self._samples, self._transcript, self._stream, self.threshold.value
            )
            self._seconds = figure.layout.xaxis.range[1]
            self._still = tuple(shape.to_plotly_json() for shape in figure.layout.shapes)
            self._picture.children = [FigureWidget(figure)]
        self._move()

    def _move(self, _=None) -> None:
        heard = self.heard.value
        if self._picture.children:
            shapes = [*self._still, *curtain(seconds_of(heard), self._seconds)]
            self._picture.children[0].layout.shapes = shapes
        p_response = self._transcript.p_response[heard - 1] if heard else 0.0
        responds = heard > 0 and p_response >= self.threshold.value
        self.now.value = _decision(seconds_of(heard), p_response, responds)
        self.replies.value = _replies(
            (answer.time, "(words not known)" if answer.text is None else answer.text, answer.style)
            for answer in self._answers
            if answer.chunk < heard
        )


class LivePanel(widgets.VBox):
    """Watch a session listen: the decide signal of the last 30 s, and the replies as they grow.

    Args:
        session_factory: makes a fresh `streaming.session.Session` for each stream.

    Attributes:
        now, signal, replies: HTML of the last decision, the decide signal, and the replies.
    """

    def __init__(self, session_factory: Callable[[], Session]) -> None:
        self._factory = session_factory
        self.now, self.signal, self.replies = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._player = widgets.VBox()
        self._begin(0.5)
        super().__init__([self._player, self.now, self.signal, self.replies])

    def play(self, samples: np.ndarray, pace: float = 1.0) -> Transcript:
        """Play float32 samples (S,) and let a new session hear them as they sound.

        Returns when the stream has ended; interrupting the kernel stops it.

        Args:
            pace: seconds of sound a second; `math.inf` for as fast as the machine can, without
                sound.
        """
        from audio_interaction.streaming.session import Transcript

        session = self._factory()
        self._begin(session.threshold)
        if pace == 1:
            sound = widgets.Audio(value=encode(samples, "wav"), format="wav", loop=False)
            self._player.children = [sound]
        begun = time.perf_counter()
        for start in range(0, len(samples), CHUNK_SAMPLES):
            piece = samples[start : start + CHUNK_SAMPLES]
            due = begun + seconds_of(start // CHUNK_SAMPLES + 1) / pace
            time.sleep(max(0.0, due - time.perf_counter()))
            self.follow(session.push(piece))
        self.follow(session.flush())
        return Transcript(
            seconds=seconds_of(len(self._curve)),
            p_response=np.array(self._curve),
            spoken=tuple(self._spoken),
            chunk_seconds=np.array(self._wall),
            threshold=session.threshold,
        )

    def follow(self, events: Iterable[SessionEvent]) -> None:
        """Show the events of a session as they arrive, whatever brings them."""
        from audio_interaction.streaming.session import (
            Decision,
            ResponseEnd,
            ResponseStart,
            Spoken,
            TextDelta,
        )

        before = time.perf_counter()
        for event in events:
            spent = time.perf_counter() - before
            match event:
                case Decision():
                    self._curve.append(event.p_response)
                    self._wall.append(0.0)
                    if event.responds:
                        self._marks.append(event.chunk)
                    self.now.value = _decision(event.time, event.p_response, event.responds)
                    self.signal.value = _signal(self._curve, self._threshold, self._marks)
                case ResponseStart():
                    self._open, self._emotion = (event.time, ""), event.emotion
                case TextDelta():
                    self._open = (event.time, self._open[1] + event.text)
                case ResponseEnd():
                    chunk = len(self._curve) - 1
                    self._spoken.append(Spoken(chunk, event.time, event.text, self._emotion))
                    self._open = None
            self._wall[-1] += spent  # the model's time, without the panel's
            given = [(reply.time, reply.text, None) for reply in self._spoken]
            self.replies.value = _replies([*given, *([(*self._open, None)] if self._open else [])])
            before = time.perf_counter()

    def _begin(self, threshold: float) -> None:
        self._threshold = threshold
        self._curve, self._wall, self._marks, self._spoken = [], [], [], []
        self._open, self._emotion = None, "normal"
        self.now.value = _decision(0.0, 0.0, False)
        self.signal.value = _signal([], threshold, [])
        self.replies.value = _replies([])


def _decision(now: float, p_response: float, responds: bool) -> str:
    """The moment, the verdict, and p(response) as a bar."""
    colour = theme.RED if responds else theme.MUTED
    verdict = "&lt;response&gt;" if responds else "&lt;silent&gt;"
    return (
        "<div style='font-size:15px;display:flex;gap:1em'>"
        f"<span style='width:5em;text-align:right'>{now:.1f} s</span>"
        f"<b style='width:6em;color:{colour}'>{verdict}</b>"
        f"<span style='width:9em'>p(response) {p_response:.2f}</span>"
        f"<div style='flex:1;background:{theme.GRID}'>"
        f"<div style='width:{p_response:.0%};background:{colour};height:100%'></div></div></div>"
    )


def _replies(given: Iterable[tuple[float, str, object]]) -> str:
    """Time and text of each reply, in the colour of its verdict if there is one."""
    lines = "".join(
        f"<li style='color:{style.colour if style else theme.INK}'>{at:.1f} s: "
        f"{html.escape(text)}{f' ({style.name})' if style else ''}</li>"
        for at, text, style in given
    )
    return f"<ul>{lines}</ul>" if lines else "<i>nothing said so far</i>"


def _signal(curve: list[float], threshold: float, marks: list[int]) -> str:
    """The end of the decide signal as an SVG of steps, one unit a chunk."""
    first = max(0, len(curve) - SIGNAL_CHUNKS)
    steps = " ".join(f"{at},{1 - p:.3f} {at + 1},{1 - p:.3f}" for at, p in enumerate(curve[first:]))
    mark = theme.tint(theme.RED, 0.3)
    dots = "".join(
        f"<rect x='{chunk - first}' y='0' width='1' height='1' fill='{mark}'/>"
        for chunk in marks
        if chunk >= first
    )
    line = "fill='none' vector-effect='non-scaling-stroke'"
    return (
        f"<svg viewBox='0 -0.05 {SIGNAL_CHUNKS} 1.1' preserveAspectRatio='none' "
        f"style='width:100%;height:90px;background:#fafafa'>{dots}"
        f"<line x1='0' x2='{SIGNAL_CHUNKS}' y1='{1 - threshold}' y2='{1 - threshold}' {line} "
        f"stroke='{theme.PURPLE}' stroke-dasharray='6 4'/>"
        f"<polyline points='{steps}' {line} stroke='{theme.INK}' stroke-width='1.5'/></svg>"
        f"<div style='font-size:12px;color:{theme.MUTED}'>p(response) of the last "
        f"{SIGNAL_CHUNKS * CHUNK_SECONDS:.0f} s; dashed: threshold {threshold:.2f}</div>"
    )


def _sound(samples: np.ndarray, heard: widgets.IntSlider) -> widgets.Widget:
    """An audio player that moves the slider of chunks and is moved by it.

    ipywidgets' own audio element tells nothing about where it plays; without anywidget a play
    button moves the slider beside it.
    """
    if not has_anywidget():
        play = widgets.Play(max=heard.max, interval=round(1000 * CHUNK_SECONDS), value=heard.value)
        widgets.link((play, "value"), (heard, "value"))
        audio = widgets.Audio(value=encode(samples, "wav"), format="wav", autoplay=False)
        return widgets.HBox([audio, play])
    from audio_interaction.viz.player import SyncedAudio

    audio = SyncedAudio(sound=encode(samples, "wav"))

    def follow(change) -> None:
        # Whole chunks; 9.6 / 0.4 is 23.999999999999996 in floating point.
        heard.value = min(int(change["new"] / CHUNK_SECONDS + 1e-6), heard.max)

    def seek(change) -> None:
        if abs(seconds_of(change["new"]) - audio.now) > CHUNK_SECONDS:  # the sound is elsewhere
            audio.seek(seconds_of(change["new"]))

    audio.observe(follow, "now")
    heard.observe(seek, "value")
    return audio
