"""Drivers of the speech synthesisers: text in, samples and timed words out.

Each function renders one lower-case sentence and returns ``(samples, rate, words)``: float32 mono
at the engine's own rate in Hz, and `Word`s in seconds. eSpeak NG and flite are driven through
their C libraries, which report where each word lies; Festival through its Scheme prompt. The
neural voices are in `neural`.

``rate`` scales the speed of speech and ``pitch`` the fundamental, both around 1.0, where the
engine knows how. A missing engine raises `UserError` with the way to install it.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import soundfile as sf

from audio_interaction.corpus.phrases import words_of
from audio_interaction.corpus.schema import Word
from audio_interaction.errors import UserError

Rendered = tuple[np.ndarray, int, list[Word]]


def _library(name: str, package: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        raise UserError(
            f"the speech engine library {name} is not installed ({error}); "
            f"install it with: apt-get install {package}"
        ) from error


# --- eSpeak NG: word events of the C API ----------------------------------------------------------
class _EspeakEvent(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


_ESPEAK_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_EspeakEvent)
)
_SYNCHRONOUS, _UTF8, _RATE, _PITCH = 2, 1, 1, 3
_ENGLISH_SPEED, _CHINESE_SPEED = 165, 240  # words a minute; a Chinese character counts as one
_LIST_END, _WORD, _END = 0, 1, 5


@cache
def _espeak() -> tuple[ctypes.CDLL, int]:
    library = _library("libespeak-ng.so.1", "libespeak-ng1 espeak-ng-data")
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, None, 0)
    if rate <= 0:
        raise UserError("eSpeak NG finds no data; install it with: apt-get install espeak-ng-data")
    return library, rate


def select_espeak(voice: str) -> tuple[ctypes.CDLL, int]:
    """Make a voice the current one; returns the library and its rate in Hz."""
    library, sample_rate = _espeak()
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise UserError(f"eSpeak NG has no voice {voice!r}; see: espeak-ng --voices=en")
    return library, sample_rate


def espeak(voice: str, text: str, rate: float = 1.0, pitch: float = 1.0) -> Rendered:
    """eSpeak NG; ``voice`` is an accent with a variant, "en-us+f3", or "cmn+f3" for Chinese."""
    library, sample_rate = select_espeak(voice)
    speed = _CHINESE_SPEED if voice.startswith("cmn") else _ENGLISH_SPEED
    library.espeak_SetParameter(_RATE, round(speed * rate), 0)
    library.espeak_SetParameter(_PITCH, round(50 + 100 * (pitch - 1)), 0)
    blocks: list[np.ndarray] = []
    starts: list[tuple[int, int]] = []  # (character, sample)
    end = [0]

    def collect(wav, count, events):
        if wav and count:
            blocks.append(np.ctypeslib.as_array(wav, (count,)).copy())
        index = 0
        while events[index].type != _LIST_END:
            event = events[index]
            if event.type == _WORD:
                starts.append((event.text_position - 1, event.sample))
            elif event.type == _END:
                end[0] = max(end[0], event.sample)
            index += 1
        return 0

    callback = _ESPEAK_CALLBACK(collect)
    library.espeak_SetSynthCallback(callback)
    data = text.encode()
    library.espeak_Synth(data, ctypes.c_size_t(len(data) + 1), 0, 1, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    if not blocks:
        raise UserError(f"eSpeak NG made no sound for {text!r} with voice {voice!r}")
    samples = np.concatenate(blocks).astype(np.float32) / 32768
    return (
        samples,
        sample_rate,
        _words_from_starts(text, starts, end[0] or len(samples), sample_rate),
    )


def _words_from_starts(text, starts, end, rate) -> list[Word]:
    """Words of the text from (character, sample) marks; a word ends where the next one starts.

    An engine that reads several words as one marks the group once: they share its span by length.
    A Chinese character is a word (`phrases.words_of`).
    """
    words, begins, position = words_of(text), [], 0
    for word in words:
        position = text.index(word, position)
        begins.append(position)
        position += len(word)
    known = {character: sample for character, sample in starts}
    anchors = [(i, known[b]) for i, b in enumerate(begins) if b in known]
    if not anchors or anchors[0][0] != 0:
        anchors.insert(0, (0, 0))
    anchors.append((len(begins), end))
    timed: list[Word] = []
    for (first, start), (last, stop) in zip(anchors, anchors[1:], strict=False):
        timed += spread(words[first:last], start / rate, max(start, stop) / rate)
    return timed


def spread(words: list[str], start: float, end: float, weights: list[float] | None = None):
    """Share the span [start, end] s among words by weight (their letters unless given)."""
    weights = weights or [float(len(word)) for word in words]
    edges = start + (end - start) * np.concatenate([[0.0], np.cumsum(weights) / sum(weights)])
    return [
        Word(word, float(a), float(b))
        for word, a, b in zip(words, edges[:-1], edges[1:], strict=True)
    ]


# --- flite: the segment relation of the C API -----------------------------------------------------
class _FliteWave(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    ]


class _FliteVoice(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("features", ctypes.c_void_p)]


@cache
def _flite(voice: str):
    library = _library("libflite.so.1", "libflite1")
    for name, result in (
        ("flite_synth_text", ctypes.c_void_p),
        ("utt_relation", ctypes.c_void_p),
        ("relation_head", ctypes.c_void_p),
        ("item_next", ctypes.c_void_p),
        ("utt_wave", ctypes.POINTER(_FliteWave)),
        ("ffeature_float", ctypes.c_float),
        ("ffeature_string", ctypes.c_char_p),
    ):
        getattr(library, name).restype = result
    library.flite_init()
    plugin = _library(f"libflite_cmu_us_{voice}.so.1", "libflite1")
    register = getattr(plugin, f"register_cmu_us_{voice}")
    register.restype = ctypes.POINTER(_FliteVoice)
    return library, register(None)


def flite(voice: str, text: str, rate: float = 1.0, pitch: float = 1.0) -> Rendered:
    """flite; ``voice`` is slt, rms, awb or kal16."""
    library, handle = _flite(voice)
    features = ctypes.c_void_p(handle.contents.features)
    library.feat_set_float(features, b"duration_stretch", ctypes.c_float(1 / rate))
    library.feat_set_float(features, b"f0_shift", ctypes.c_float(pitch))
    ctypes.CDLL(None).srand(0)  # its noise is drawn by the C library: the same for every clip
    utterance = ctypes.c_void_p(library.flite_synth_text(text.encode(), handle))
    if not utterance:
        raise UserError(f"flite made no sound for {text!r} with voice {voice!r}")
    wave = library.utt_wave(utterance).contents
    samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.float32) / 32768
    item = library.relation_head(ctypes.c_void_p(library.utt_relation(utterance, b"Word")))
    spans: list[tuple[str, float, float]] = []
    while item:
        item = ctypes.c_void_p(item)
        start = library.ffeature_float(item, b"R:SylStructure.daughter1.daughter1.R:Segment.p.end")
        end = library.ffeature_float(item, b"R:SylStructure.daughtern.daughtern.R:Segment.end")
        spans.append((library.ffeature_string(item, b"name").decode(), start, end))
        item = library.item_next(item)
    sample_rate = int(wave.sample_rate)
    library.delete_utterance(utterance)
    return samples, sample_rate, _words_from_spans("flite", text, spans)


def _words_from_spans(engine: str, text: str, spans: list[tuple[str, float, float]]) -> list[Word]:
    words = text.split()
    if len(spans) != len(words):
        raise UserError(
            f"{engine} read {text!r} as the words {[word for word, *_ in spans]}; "
            "write it with spelled-out words"
        )
    return [Word(word, start, end) for word, (_, start, end) in zip(words, spans, strict=True)]


# --- Festival: its Scheme prompt, one process a voice ---------------------------------------------
_FESTIVAL_SETUP = """
(voice_{voice})
(define (say text file)
  (set! utt (utt.synth (eval (list 'Utterance 'Text text))))
  (utt.save.wave utt file 'riff)
  (mapcar (lambda (word)
            (format t "word %s %f %f\n" (item.name word)
                    (item.feat word "word_start") (item.feat word "word_end")))
          (utt.relation.items utt 'Word))
  (format t "done\n")
  (fflush nil))
"""


@cache
def _festival(voice: str) -> subprocess.Popen:
    program = shutil.which("festival")
    if program is None:
        raise UserError(
            "Festival is not installed; install it with: apt-get install festival "
            "festvox-us-slt-hts festvox-kallpc16k festvox-kdlpc16k"
        )
    process = subprocess.Popen(
        [program, "--pipe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, bufsize=1,
    )  # fmt: skip
    process.stdin.write(_FESTIVAL_SETUP.format(voice=voice))
    return process


def festival(voice: str, text: str, rate: float = 1.0, pitch: float = 1.0) -> Rendered:
    """Festival; ``voice`` is kal_diphone, ked_diphone or cmu_us_slt_arctic_hts. Pitch stays."""
    process = _festival(voice)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        process.stdin.write(f"(Parameter.set 'Duration_Stretch {1 / rate:.3f})\n")
        process.stdin.write(f'(say "{text}" "{path}")\n')
        process.stdin.flush()
        spans: list[tuple[str, float, float]] = []
        for line in process.stdout:
            match line.split():
                case ["word", name, start, end]:
                    spans.append((name, float(start), float(end)))
                case ["done"]:
                    break
        else:
            raise UserError(
                f"Festival stopped while saying {text!r} with voice {voice!r}; is the voice "
                "installed? apt-get install festvox-us-slt-hts festvox-kallpc16k festvox-kdlpc16k"
            )
        samples, sample_rate = sf.read(path, dtype="float32")
    return samples, sample_rate, _words_from_spans("Festival", text, spans)
