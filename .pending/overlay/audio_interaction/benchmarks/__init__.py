"""Scores: held-out streams of the kit, and the paper's benchmarks by name."""

from pathlib import Path
from typing import TYPE_CHECKING

from audio_interaction.errors import UserError

if TYPE_CHECKING:
    from audio_interaction.benchmarks.report import Report
    from audio_interaction.model.interaction import InteractionModel

BENCHMARKS = {
    "proactive-sound": "audio_interaction.benchmarks.proactive",
    "librispeech": "audio_interaction.benchmarks.librispeech",
}
"""Name -> module with `run(model, root, hub, limit) -> Report`."""


def run_benchmark(
    name: str,
    model: "InteractionModel",
    root: str | Path | None = None,
    hub: str | None = None,
    limit: int | None = None,
) -> "Report":
    """Run a benchmark on its real data, or on the stand-in if neither folder nor hub id is given.

    Args:
        name: a key of `BENCHMARKS`.
        model: to be scored.
        root: the benchmark's files on this disk.
        hub: its data set on the Hugging Face hub.
        limit: items of each set to score; all by default.

    Raises:
        UserError: an unknown name, a limit below 1, or missing or malformed files.
    """
    from importlib import import_module

    if name not in BENCHMARKS:
        raise UserError(f"unknown benchmark {name!r}; choose one of {', '.join(BENCHMARKS)}")
    if limit is not None and limit < 1:
        raise UserError(f"a limit of {limit} leaves nothing to score; give 1 or more")
    return import_module(BENCHMARKS[name]).run(model, root=root, hub=hub, limit=limit)
