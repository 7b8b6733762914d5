"""Making the offline base: pretrained ears, a language model from scratch, offline tasks only.

This is what Qwen2.5-Omni is to the paper, at scale 1:300. It hears whole clips and scenes,
transcribes, answers and names sounds. It knows what it hears, and nothing of when to reply.
"""

import shutil
from dataclasses import asdict
from pathlib import Path

import lightning as L

from audio_interaction.corpus.language import sentences, vocabulary
from audio_interaction.corpus.offline import INSTRUCTIONS
from audio_interaction.corpus.sources import Sources, load_sources
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.files import write_json
from audio_interaction.model.ears import save_ears, with_learning_ears
from audio_interaction.model.interaction import (
    RECIPE_FILE,
    InteractionModel,
    load_model,
    new_model,
    save_base,
)
from audio_interaction.model.kit import EARS
from audio_interaction.model.large import find_preset
from audio_interaction.model.tokenizer import train_tokenizer
from audio_interaction.training.batches import Example, in_turn
from audio_interaction.training.data import encoded_streams, offline_examples, scene_examples
from audio_interaction.training.fit import fit
from audio_interaction.training.module import InteractionModule
from audio_interaction.training.ranks import rank_and_world
from audio_interaction.training.recipe import BaseRecipe


def domain_texts() -> list[str]:
    """Every text the tiny model may read or write, for its tokenizer; the same on every run."""
    texts = [sentence.text for sentence in sentences()]
    texts += [sentence.answer for sentence in sentences() if sentence.answer]
    # Each word often enough that it becomes one token.
    texts += [word for word in sorted(vocabulary()) for _ in range(50)]
    prompts = [*INSTRUCTIONS, *sorted({task.system for task in TASKS.values()})]
    return texts + prompts * 50


def make_base(recipe: BaseRecipe, out: Path, cache: Path) -> InteractionModel:
    """Make a base and write weights, tokenizer, recipe and log to `out`.

    Args:
        recipe: settings.
        out: folder of the result.
        cache: folder of cached frames.
    """
    L.seed_everything(recipe.seed, verbose=False)
    model = _begun(recipe)
    sources = load_sources("train")
    clips = offline_examples(
        model,
        sources,
        cache,
        seed=recipe.seed,
        speech_variants=recipe.speech_variants,
        sound_variants=recipe.sound_variants,
        in_rooms=recipe.in_rooms,
        sound_weight=recipe.sound_weight,
        more_sounds=recipe.more_sounds,
        mel=bool(recipe.ears_rank),
    )
    scenes = _scenes(recipe, model, sources, cache)
    batches, kinds = in_turn(
        scenes, recipe.scene_positions, clips, recipe.optimisation.batch_positions, recipe.seed
    )
    module = InteractionModule(
        model,
        recipe.optimisation,
        ctc_weight=recipe.ctc_weight,
        listening_weight=recipe.listening_weight,
    )
    state = fit(
        module,
        [*scenes, *clips],
        batches,
        recipe,
        out,
        accumulate=kinds * recipe.optimisation.accumulate,
    )
    if rank_and_world()[0] == 0:
        save_base(model, out)
        model = _with_ears(recipe, model, out)
        write_json(out / RECIPE_FILE, asdict(recipe))
        state.remove()
    return model


def _begun(recipe: BaseRecipe) -> InteractionModel:
    if not recipe.start:
        model = new_model(recipe.preset, train_tokenizer(domain_texts(), recipe.vocab_size))
        return with_learning_ears(model, recipe.ears_rank) if recipe.ears_rank else model
    model = load_model(recipe.start, None)
    if not recipe.ears_rank:
        return model
    return with_learning_ears(
        model, recipe.ears_rank, _folder(recipe.start) / EARS, find_preset(recipe.start).ears
    )


def _with_ears(recipe: BaseRecipe, model: InteractionModel, out: Path) -> InteractionModel:
    """Put what the ears have learnt, in this run or before, beside the base in `out`."""
    if recipe.ears_rank:
        return save_ears(model, out)
    ears, before = out / EARS, _folder(recipe.start) / EARS if recipe.start else None
    if before is None or before.resolve() != ears.resolve():
        shutil.rmtree(ears, ignore_errors=True)  # of another run in the same folder
        if before is not None and before.is_dir():
            shutil.copytree(before, ears)
    return model


def _folder(base: str) -> Path:
    return Path(find_preset(base).base)


def _scenes(
    recipe: BaseRecipe, model: InteractionModel, sources: Sources, cache: Path
) -> list[Example]:
    if not recipe.scenes:
        return []
    streams = encoded_streams(
        model,
        sources,
        cache,
        count=recipe.scenes,
        seed=recipe.seed,
        tasks=recipe.scene_tasks,
        more_sounds=recipe.more_sounds,
        mel=bool(recipe.ears_rank),
    )
    return scene_examples(model, streams)
