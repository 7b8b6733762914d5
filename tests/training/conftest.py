"""Real runs of the command line on tiny sources, each in a process of its own."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from audio_interaction.paths import MINI_DATA

ADAPTER = {
    "base": "tiny",
    "streams": 12,
    "task_weights": {"asr_clean": 1.0, "chat": 1.0, "name_sound": 1.0, "negative": 1.0},
    "validation_streams": 8,
    "validate_every": 6,
    "rank": 4,
    "dropout": 0.1,
    "replay_positions": 600,
    "replay_speech": 12,
    "replay_variants": 1,
    "replay_sound_variants": 1,
    "optimisation": {"steps": 24, "learning_rate": 1.0e-3, "batch_positions": 1500},
    "hardware": {"accelerator": "cpu", "precision": "32-true", "checkpoint_every": 5},
}
BASE = {
    "speech_variants": 1,
    "sound_variants": 1,
    "optimisation": {"steps": 24, "learning_rate": 1.0e-3, "batch_positions": 800},
    "hardware": {"accelerator": "cpu", "precision": "32-true", "checkpoint_every": 5},
}


class Runs:
    """Starts `audio-interaction train` and `base` in a folder, with one cache for all of them."""

    def __init__(self, folder: Path, sources: Path) -> None:
        self.folder = folder
        data = folder / "data"
        data.mkdir()
        (data / "sources").symlink_to(sources)
        (data / "models").symlink_to(MINI_DATA / "models")
        for name, recipe in (("train", ADAPTER), ("base", BASE)):
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(recipe))
        self.environment = os.environ | {
            "AUDIO_INTERACTION_DATA": str(data),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "OMP_NUM_THREADS": "1",
            "PYTHONWARNINGS": "ignore",
        }

    def start(self, command: str, out: str, *settings: str, launcher=(), **options):
        arguments = ["--config", f"{command}.yaml", "--out", out, "--cache", "cache"]
        arguments += [part for setting in settings for part in ("--set", setting)]
        program = launcher or (sys.executable,)
        return subprocess.Popen(
            [*program, "-m", "audio_interaction.cli", command, *arguments],
            cwd=self.folder,
            env=self.environment | options.pop("env", {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def run(self, command: str, out: str, *settings: str, code: int = 0, **options) -> str:
        """Run to the end; returns stderr."""
        process = self.start(command, out, *settings, **options)
        _, errors = process.communicate(timeout=3000)
        assert process.returncode == code, errors
        return errors

    def curve(self, out: str) -> list[dict]:
        with open(self.folder / out / "log" / "metrics.csv", newline="") as lines:
            return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def runs(tmp_path_factory, sources_root) -> Runs:
    return Runs(tmp_path_factory.mktemp("runs"), sources_root)
