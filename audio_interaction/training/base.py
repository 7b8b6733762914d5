"""Making the offline base: pretrained ears, a language model from scratch, offline tasks only.

This is what Qwen2.5-Omni is to the paper, at scale 1:300. It hears whole clips, transcribes,
answers and names sounds, and knows nothing of streams.
"""

from dataclasses import asdict
from pathlib import Path

import lightning as L
from lightning.pytorch.loggers import CSVLogger

from audio_interaction.corpus.language import sentences, vocabulary
from audio_interaction.corpus.offline import INSTRUCTIONS
from audio_interaction.corpus.sources import load_sources
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.files import write_json
from audio_interaction.model.interaction import RECIPE_FILE, InteractionModel, new_model, save_base
from audio_interaction.model.tokenizer import train_tokenizer
from audio_interaction.training.batches import MixedBatches, loader
from audio_interaction.training.data import offline_examples
from audio_interaction.training.module import InteractionModule, best_precision
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
    model = new_model(recipe.preset, train_tokenizer(domain_texts(), recipe.vocab_size))
    examples = offline_examples(
        model,
        load_sources("train"),
        cache,
        seed=recipe.seed,
        speech_variants=recipe.speech_variants,
        sound_variants=recipe.sound_variants,
        sound_weight=recipe.sound_weight,
    )
    trainer = L.Trainer(
        accelerator="auto",
        precision=best_precision(),
        max_steps=recipe.optimisation.steps,
        gradient_clip_val=recipe.optimisation.gradient_clip,
        logger=CSVLogger(out, name="", version="log"),
        log_every_n_steps=min(10, recipe.optimisation.steps),
        enable_checkpointing=False,
        enable_model_summary=False,
    )
    module = InteractionModule(model, recipe.optimisation, ctc_weight=recipe.ctc_weight)
    model.network.train()
    batches = MixedBatches(examples, recipe.optimisation.batch_positions, recipe.seed)
    trainer.fit(module, loader(examples, batches))
    model.network.eval()
    save_base(model, out)
    write_json(out / RECIPE_FILE, asdict(recipe))
    return model
