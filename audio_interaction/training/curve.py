"""The log of a run, one CSV file that a kill cannot harm and a resumed run goes on with."""

import csv
from pathlib import Path

import lightning as L
from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.loggers.csv_logs import ExperimentWriter
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from audio_interaction.files import atomic_write, writing

AGAIN = "make room and run the same command again: it goes on from the last checkpoint"


class _Writer(ExperimentWriter):
    """Keeps all rows and writes the whole file anew, at once: it is never half there."""

    def save(self) -> None:
        if not self.metrics:
            return
        keys = sorted(set().union(*self.metrics))
        path = Path(self.metrics_file_path)
        with writing(path, AGAIN), atomic_write(path) as temporary:
            with open(temporary, "w", newline="") as file:
                writer = csv.DictWriter(file, fieldnames=keys)
                writer.writeheader()
                writer.writerows(self.metrics)

    def keep(self, count: int) -> None:
        """Go on behind the first `count` rows of the file."""
        with open(self.metrics_file_path, newline="") as file:
            self.metrics = list(csv.DictReader(file))[:count]

    def _check_log_dir_exists(self) -> None:
        pass  # Lightning would delete the file of the run that is resumed


class CurveLogger(CSVLogger):
    """Lightning's CSV logger, written to `out/log/metrics.csv`."""

    def __init__(self, out: Path) -> None:
        super().__init__(out, name="", version="log")

    @property
    @rank_zero_experiment
    def experiment(self) -> _Writer:
        if self._experiment is None:
            self._experiment = _Writer(self.log_dir)
        return self._experiment


class Curve(L.Callback):
    """Logs what `training_step` returns under "curve", at every `every`-th optimiser step.

    Lightning logs the numbers of a step after the callbacks of that step, hence after a checkpoint
    is written; they would be missing in a run that goes on from there. Here they are in the file
    before. On several ranks the mean over them is logged.

    Args:
        logger: of the run.
        every: optimiser steps between two rows; a row's `step` counts those before it.
    """

    def __init__(self, logger: CurveLogger, every: int) -> None:
        self.logger, self.every = logger, every
        self._last = 0

    def on_train_start(self, trainer, module) -> None:
        self._last = trainer.global_step

    def on_train_batch_end(self, trainer, module, outputs, *_) -> None:
        step = trainer.global_step
        if step == self._last:
            return  # gradients are being accumulated
        self._last = step
        if step % self.every == 0:
            row = {
                name: float(trainer.strategy.reduce(value, reduce_op="mean"))
                for name, value in outputs["curve"].items()
            }
            self.logger.log_metrics(row, step - 1)

    def state_dict(self) -> dict:
        return {"rows": _rows(self.logger) or 0}

    def load_state_dict(self, state: dict) -> None:
        _keep(self.logger, state["rows"])


@rank_zero_only
def _rows(logger: CurveLogger) -> int:
    return len(logger.experiment.metrics)


@rank_zero_only
def _keep(logger: CurveLogger, count: int) -> None:
    logger.experiment.keep(count)
