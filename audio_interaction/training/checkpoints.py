"""Going on after a kill: everything a run is made of, in one file, written whole or not at all.

Beside the adapter (which is the result, and loads without Lightning) a run keeps its state in
`OUT/resume/state.ckpt`: trained weights, optimiser, schedule, place in the data and in the log.
What is random draws from (seed, number of the batch, rank), so there is no generator to restore.
"""

import hashlib
import io
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.plugins.io import TorchCheckpointIO

from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write, write_json, writing
from audio_interaction.training.batches import Batch
from audio_interaction.training.curve import AGAIN
from audio_interaction.training.recipe import AdapterRecipe, BaseRecipe

RESUME = "resume"
"""Folder of the state, within the folder of the result; it is gone when a run has ended."""

MAY_CHANGE = (
    "hardware.devices",
    "hardware.num_nodes",
    "hardware.checkpoint_every",
    "on_collapse",
    "collapse_looks",
)
"""Settings that a run may be continued with other values of."""


class AtomicCheckpoints(TorchCheckpointIO):
    """Writes a checkpoint beside and moves it there; a full disk is a `UserError`."""

    def save_checkpoint(self, checkpoint: dict, path, storage_options=None) -> None:
        buffer = io.BytesIO()  # torch's own writer hides that a disk is full
        torch.save(checkpoint, buffer)
        with writing(path, AGAIN), atomic_write(path) as temporary:
            temporary.write_bytes(buffer.getbuffer())


class ResumePoint(Checkpoint):
    """Saves the state of a run every so many optimiser steps, after all other callbacks.

    Args:
        out: folder of the result.
        recipe: settings of the run.
        lengths: positions of all training sequences, as a check that the data are the same.
    """

    def __init__(
        self, out: Path, recipe: AdapterRecipe | BaseRecipe, lengths: Sequence[int]
    ) -> None:
        self.file = out / RESUME / "state.ckpt"
        self.every = recipe.hardware.checkpoint_every
        self.run = {
            "recipe": asdict(recipe),
            "data": hashlib.sha256(repr(list(lengths)).encode()).hexdigest(),
        }
        self._saved = 0

    def found(self) -> Path | None:
        """The state to go on from, or None to begin.

        Raises:
            UserError: there is one of another recipe or of other data, or it cannot be read.
        """
        if not self.file.is_file():
            return None
        advice = f"delete {self.file.parent} to begin anew, or choose another --out"
        try:
            state = torch.load(self.file, map_location="cpu", mmap=True, weights_only=True)
            run = state["run"]
        except Exception as error:  # zip, pickle and key errors of many kinds
            raise UserError(f"{self.file}: cannot be read ({error}); {advice}") from error
        if other := _differences(run["recipe"], self.run["recipe"]):
            raise UserError(f"{self.file}: of a run with other {', '.join(other)}; {advice}")
        if run["data"] != self.run["data"]:
            raise UserError(f"{self.file}: of a run on other data; {advice}")
        return self.file

    def on_train_batch_end(self, trainer, *_) -> None:
        step = trainer.global_step
        if step == self._saved or step % self.every:
            return
        self._saved = step
        trainer.logger.save()  # the log is never behind the state
        trainer.save_checkpoint(self.file, weights_only=False)

    def on_train_start(self, trainer, module) -> None:
        self._saved = trainer.global_step

    def on_save_checkpoint(self, trainer, module, checkpoint: dict) -> None:
        checkpoint["run"] = self.run

    def remove(self) -> None:
        """The run has ended and its result is written."""
        shutil.rmtree(self.file.parent, ignore_errors=True)


def _differences(old: dict, new: dict, prefix: str = "") -> list[str]:
    """Dotted names of the settings whose values differ."""
    found = []
    for name in {**old, **new}:
        a, b = old.get(name), new.get(name)
        if isinstance(a, dict) and isinstance(b, dict):
            found += _differences(a, b, f"{prefix}{name}.")
        elif a != b and prefix + name not in MAY_CHANGE:
            found.append(prefix + name)
    return found


class SeededBatches(L.Callback):
    """Seeds torch and numpy from (seed, batch, rank) before every batch: for dropout and alike."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_batch_start(self, trainer, module, batch, batch_idx: int) -> None:
        words = np.random.SeedSequence([self.seed, batch_idx, trainer.global_rank])
        drawn = int(words.generate_state(1)[0])
        torch.manual_seed(drawn)
        np.random.seed(drawn)


class StopOnNaN(L.Callback):
    """Stops before a loss that is no number reaches the weights, and tells which batch it was.

    Args:
        out: folder of the result; `not-a-number.json` is written there, with the ids of the
            streams and clips in the batch (of the first rank that saw it).

    Raises:
        UserError: naming the step and the file.
    """

    def __init__(self, out: Path) -> None:
        self.file = out / "not-a-number.json"
        self._batch: Batch | None = None

    def on_train_batch_start(self, trainer, module, batch: Batch, batch_idx: int) -> None:
        self._batch = batch

    def on_before_backward(self, trainer, module, loss: torch.Tensor) -> None:
        bad = ~torch.isfinite(loss.detach())
        # All ranks stop together; one alone would leave the others waiting for its gradients.
        if not trainer.strategy.reduce(bad.float(), reduce_op="sum"):
            return
        step = trainer.global_step
        if bad:
            write_json(self.file, {"step": step, "loss": str(loss.item()), "ids": self._batch.ids})
        raise UserError(
            f"the loss is not a number at step {step}; {self.file} names the streams of the "
            "batch. Look at them, or lower optimisation.learning_rate; the last adapter is kept"
        )
