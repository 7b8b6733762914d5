"""Recipes in a row: each stage goes on from the adapter of the one before it (paper Table 11).

    1 format         rows of the control tokens     offline items
    2 adapter        projector                      offline items
    3 streaming      LoRA, projector, rows          streams of the core abilities
    4 instructions   LoRA, projector, rows          all streams, with history, silence, hazards

Every stage leaves a whole adapter, which plain peft loads. The parts that it does not train are
those of the stage before.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from audio_interaction.errors import UserError
from audio_interaction.model.interaction import DECISION_FILE, RECIPE_FILE
from audio_interaction.training.checkpoints import RESUME
from audio_interaction.training.recipe import AdapterRecipe


def chain(
    recipes: Sequence[tuple[str, AdapterRecipe]], out: Path
) -> Iterator[tuple[AdapterRecipe, Path]]:
    """The stages of a chain that are still to be trained, in order, each with its folder.

    Ask for the next one when the last is trained. A finished stage with the same settings is left
    as it is, so that the same command goes on with an interrupted chain; once a stage is trained,
    so are all behind it.

    Args:
        recipes: names and recipes. The first starts as its recipe says, every other one from the
            folder of the one before it.
        out: folder of the stages' folders, `out/NAME`.

    Raises:
        UserError: the names are not different, or the recipes do not have one base.
    """
    names = [name for name, _ in recipes]
    if len(set(names)) < len(names):
        raise UserError(f"the recipes of a chain need different names, found {', '.join(names)}")
    if len(bases := {recipe.base for _, recipe in recipes}) > 1:
        raise UserError(f"the recipes of a chain need one base, found {', '.join(sorted(bases))}")
    folders = [out / name for name in names]
    for number, (_, recipe) in enumerate(recipes):
        if number:
            recipe = replace(recipe, start=str(folders[number - 1]))
        if not finished(recipe, folders[number]):
            unfinish(folders[number + 1 :])
            yield recipe, folders[number]


def unfinish(folders: Sequence[Path]) -> None:
    """Let adapters count as not begun, since what they start from is trained anew.

    It is written down at once, so that it holds when the run is killed between two stages.
    """
    for folder in folders:
        (folder / RECIPE_FILE).unlink(missing_ok=True)
        shutil.rmtree(folder / RESUME, ignore_errors=True)


def finished(recipe: AdapterRecipe, folder: Path) -> bool:
    """Whether the folder holds an adapter trained to its end with exactly these settings.

    One that hears streams has its threshold, too: it is chosen last.
    """
    written = folder / RECIPE_FILE
    if not written.is_file() or json.loads(written.read_text()) != asdict(recipe.resolved()):
        return False
    return not recipe.streams or (folder / DECISION_FILE).is_file()
