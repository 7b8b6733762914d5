"""Training from a benchmark, by the command line: what is done already is not done again."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from audio_interaction.training.recipe import AdapterRecipe, load_recipe
from audio_interaction.training.stages import finished, unfinish

CLI = (sys.executable, "-m", "audio_interaction.cli")
EVALUATIONS = "evaluation-*.json"
"""What is measured of an adapter and kept in its folder; of another adapter it would be wrong."""


def trained(
    config: Path,
    out: Path,
    settings: Sequence[str],
    environment: Mapping[str, str] | None = None,
    behind: Sequence[Path] = (),
) -> AdapterRecipe:
    """Train and tune an adapter in `out`, if it is not there with these settings; its recipe.

    Args:
        config, settings: a recipe, and what wins over it ("key=value").
        out: folder of the adapter; evaluations of an earlier one are removed.
        environment: variables of the training process beside those of this one.
        behind: folders of the adapters that start from this one; trained anew when it is.
    """
    recipe = load_recipe(AdapterRecipe, config, settings)
    if not finished(recipe, out):
        for stale in out.glob(EVALUATIONS):
            stale.unlink()
        unfinish(behind)
        chosen = [part for each in settings for part in ("--set", each)]
        subprocess.run(
            [*CLI, "train", "--config", str(config), "--out", str(out), *chosen],
            check=True,
            env=os.environ | (environment or {}),
        )
    return recipe
