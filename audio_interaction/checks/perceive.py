"""Checks of notebook 01: which chunks a sample can touch, and the seam between chunks."""

import math

import numpy as np

from audio_interaction.checks.feedback import ask, check, expect
from audio_interaction.protocol import CHUNK_SAMPLES, FRAMES_PER_CHUNK, MEL_HOP, MEL_WINDOW

CONTEXT = MEL_WINDOW - MEL_HOP


@check
def check_01_1(answer) -> str:
    """`answer(sample)`: indices from 0 of the chunks whose mel frames cover that sample.

    Window 400 samples, hop 160; a frame ends with its hop, so it covers the 240 samples before it.
    """
    for sample in (0, 3_000, 6_100, 6_399, 6_400, 6_165, 12_700, 20_000, 12_559, 12_561):
        got = ask(answer, sample)
        try:
            got = sorted({int(chunk) for chunk in got})
        except TypeError:
            expect(False, f"return a list of chunks; your function returns {got!r}.")
        own, rest = divmod(sample, CHUNK_SAMPLES)
        before = CHUNK_SAMPLES - rest
        said = (
            f"sample {sample} (number {rest} of chunk {own}, {before} before the next one): your "
            f"function says {got}"
        )
        expect(own in got, f"{said}. Its own chunk is missing; do you count from 0?")
        expect(
            min(got) == own,
            f"{said}. Chunk {min(got)} was complete before this sample came: nothing is ever "
            "computed from the future.",
        )
        follows = before <= CONTEXT
        expect(
            own + 1 in got or not follows,
            f"{said}. Does a window of the next chunk cover it? The first one ends with the first "
            "hop of that chunk; where does it begin?",
        )
        expect(
            own + 1 not in got or follows,
            f"{said}. Does a window of the next chunk reach as far back?",
        )
        expect(len(got) == 1 + follows, f"{said}. One window is all that reaches over a border.")
    return "only the last 15 ms of a chunk are heard twice, and no chunk waits for the next."


@check
def check_01_2(answer) -> str:
    """`answer(frames)`: continuity ratio of float frames (chunks, 10, width).

    Mean cosine of the neighbours across a border by the mean cosine of neighbours in a chunk.
    """
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.standard_normal((4 * FRAMES_PER_CHUNK, 8)), 0) + 3
    jumps = rng.standard_normal((4, 1, 8)) + 0.4 * rng.standard_normal((4, 10, 8)) + 0.8
    constant = np.repeat(np.eye(3)[:, None], FRAMES_PER_CHUNK, axis=1)
    for frames, what in (
        (np.ones((3, FRAMES_PER_CHUNK, 4)), "frames that are all the same"),
        (constant, "chunks that have nothing in common"),
        (walk.reshape(4, FRAMES_PER_CHUNK, 8), "a slow walk that knows no chunks"),
        (jumps, "chunks that jump at every border"),
        (jumps * rng.uniform(0.2, 5, (4, FRAMES_PER_CHUNK, 1)), "frames of different lengths"),
    ):
        got = ask(answer, frames.copy())
        expect(
            np.ndim(got) == 0 and math.isfinite(got),
            f"{what}: your function returns {got!r}; return one number.",
        )
        inside, border, right = _ratio(frames)
        said = f"{what}: your ratio is {float(got):.3f}"
        for wrong, hint in _mistakes(frames, inside, border):
            expect(
                math.isclose(wrong, right, rel_tol=1e-6, abs_tol=1e-9)
                or not math.isclose(got, wrong, rel_tol=1e-6, abs_tol=1e-9),
                f"{said}. {hint}",
            )
        expect(
            math.isclose(got, right, rel_tol=1e-4, abs_tol=1e-6),
            f"{said}, but the mean over borders is {border:.3f} and that inside chunks "
            f"{inside:.3f}. Which pairs do you take?",
        )
    return "1 means that nobody could tell from the frames where the chunks end."


def _ratio(frames: np.ndarray) -> tuple[float, float, float]:
    """Mean cosine inside chunks, across borders, and the ratio; frames (C, 10, width)."""
    unit = frames / np.linalg.norm(frames, axis=-1, keepdims=True)
    inside = float((unit[:, :-1] * unit[:, 1:]).sum(-1).mean())
    border = float((unit[:-1, -1] * unit[1:, 0]).sum(-1).mean())
    return inside, border, border / inside


def _mistakes(frames: np.ndarray, inside: float, border: float):
    """(value, hint) of what is often computed instead."""
    products = (frames[:, :-1] * frames[:, 1:]).sum(-1).mean()
    across = (frames[:-1, -1] * frames[1:, 0]).sum(-1).mean()
    yield float(across / products), "A dot product grows with the length of the frames."
    if border:
        yield inside / border, "Is it upside down? A jump at the borders must make it smaller."
    unit = frames / np.linalg.norm(frames, axis=-1, keepdims=True)
    flat = unit.reshape(-1, unit.shape[-1])
    every = float((flat[:-1] * flat[1:]).sum(-1).mean())
    yield border / every, "Your pairs inside the chunks seem to hold the borders as well."
    for at in (0, -1):
        same = float((unit[:-1, at] * unit[1:, at]).sum(-1).mean())
        yield same / inside, "Which two frames are neighbours in the sound at a border?"
