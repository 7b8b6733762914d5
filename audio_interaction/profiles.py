"""One dial for every notebook: how much of the work this machine is asked to do.

    AUDIO_INTERACTION_PROFILE=smoke|laptop|gpu|full

Nothing in a notebook is edited to change size; it asks `current_profile()` for its numbers.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from audio_interaction.errors import UserError
from audio_interaction.paths import REPOSITORY

PROFILE_VARIABLE = "AUDIO_INTERACTION_PROFILE"
RUNS_VARIABLE = "AUDIO_INTERACTION_RUNS"


@dataclass(frozen=True)
class Profile:
    """Sizes of one profile.

    Attributes:
        name: what `AUDIO_INTERACTION_PROFILE` is set to.
        purpose: one line for people.
        train_streams, validation_streams, test_streams: streams composed for each split.
        lora_steps: optimiser-step limit of one LoRA run; -1 for none (as Lightning counts).
        seeds: repetitions of every ablation.
        eval_limit: items of a benchmark that are scored; None for all.
        threads: CPU threads of all notebooks that run at once, never more than the machine has.
        lanes: how many notebooks `reproduce` runs at once, never more than the machine has cores.
    """

    name: str
    purpose: str
    train_streams: int
    validation_streams: int
    test_streams: int
    lora_steps: int
    seeds: int
    eval_limit: int | None
    threads: int
    lanes: int

    @property
    def folder(self) -> Path:
        """Where this profile's runs go: `runs/notebooks/NAME`, or below `AUDIO_INTERACTION_RUNS`.

        `reproduce` sets that variable, so that a notebook tried by hand never touches its numbers.
        """
        runs = os.environ.get(RUNS_VARIABLE, REPOSITORY / "runs" / "notebooks")
        return Path(runs).resolve() / self.name

    @property
    def results(self) -> Path:
        """Folder where notebooks save their reports; `reproduce` shows them all."""
        return self.folder / "results"


def _up_to(wanted: int) -> int:
    """As many as wanted, or as the machine has cores."""
    return min(wanted, os.cpu_count() or 1)


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            name="smoke",
            purpose="does every cell run? minutes in all; the numbers mean nothing",
            train_streams=16,
            validation_streams=8,
            test_streams=8,
            lora_steps=8,
            seeds=1,
            eval_limit=6,
            threads=_up_to(2),
            lanes=_up_to(2),
        ),
        Profile(
            name="laptop",
            purpose="any CPU with two cores and 8 GB",
            train_streams=600,
            validation_streams=80,
            test_streams=100,
            lora_steps=300,
            seeds=2,
            eval_limit=100,
            threads=_up_to(4),
            lanes=_up_to(2),
        ),
        Profile(
            name="gpu",
            purpose="one GPU, an afternoon",
            train_streams=10_000,
            validation_streams=500,
            test_streams=500,
            lora_steps=-1,
            seeds=3,
            eval_limit=None,
            threads=_up_to(8),
            lanes=1,
        ),
        Profile(
            name="full",
            purpose="several GPUs, days",
            train_streams=100_000,
            validation_streams=2_000,
            test_streams=2_000,
            lora_steps=-1,
            seeds=5,
            eval_limit=None,
            threads=_up_to(16),
            lanes=1,
        ),
    )
}
DEFAULT = "laptop"


def find_profile(name: str) -> Profile:
    """The profile called `name`.

    Raises:
        UserError: there is none of that name.
    """
    try:
        return PROFILES[name]
    except KeyError:
        raise UserError(
            f"there is no profile {name!r}; set {PROFILE_VARIABLE} to one of {', '.join(PROFILES)}"
        ) from None


def current_profile() -> Profile:
    """The profile that `AUDIO_INTERACTION_PROFILE` names; `laptop` where it is unset or empty.

    Raises:
        UserError: it names no profile.
    """
    return find_profile(os.environ.get(PROFILE_VARIABLE) or DEFAULT)
