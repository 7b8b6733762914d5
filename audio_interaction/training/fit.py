"""One way to run Lightning for base and adapter: hardware, log, checkpoints, resuming."""

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

import lightning as L

from audio_interaction.training.batches import Example, PackedLoader
from audio_interaction.training.checkpoints import (
    AtomicCheckpoints,
    ResumePoint,
    SeededBatches,
    StopOnNaN,
)
from audio_interaction.training.curve import Curve, CurveLogger
from audio_interaction.training.module import InteractionModule
from audio_interaction.training.precision import best_precision
from audio_interaction.training.recipe import AdapterRecipe, BaseRecipe, Hardware


def trainer_options(hardware: Hardware) -> dict:
    """What `hardware` means to `lightning.Trainer`."""
    auto = hardware.precision == "auto"
    return {
        "accelerator": hardware.accelerator,
        # What is trained is never sharded (`sharding`).
        "strategy": "ddp" if hardware.strategy == "fsdp" else hardware.strategy,
        "devices": hardware.devices,
        "num_nodes": hardware.num_nodes,
        "precision": best_precision(hardware.accelerator) if auto else hardware.precision,
    }


def fit(
    module: InteractionModule,
    examples: Sequence[Example],
    batches: Iterable[list[int]],
    recipe: AdapterRecipe | BaseRecipe,
    out: Path,
    *,
    accumulate: int = 1,
    log_every: int = 10,
    callbacks: Sequence[L.Callback] = (),
) -> ResumePoint:
    """Train `recipe.optimisation.steps` steps, or what is left of them after a kill.

    The continued curve is the uninterrupted one. On several ranks every batch is shared among them
    (`ranks`); only rank 0 writes.

    Args:
        module: model and objective.
        examples: training sequences.
        batches: endless sampler of lists of their indices.
        recipe: settings.
        out: folder of the result.
        accumulate: batches in an optimiser step.
        log_every: steps between two rows of the log.
        callbacks: more of them; they run before the state is saved.

    Returns:
        The state on disk. Call `remove()` when the result is written.

    Raises:
        UserError: the state in `out` is of another run, the disk is full, or the loss is no number.
    """
    steps = recipe.optimisation.steps
    loader = PackedLoader(examples, batches, steps * accumulate)
    point = ResumePoint(out, recipe, loader.plan.lengths)
    begun = point.found()
    logger = CurveLogger(out)
    trainer = L.Trainer(
        **trainer_options(recipe.hardware),
        max_steps=steps,
        accumulate_grad_batches=accumulate,
        gradient_clip_val=recipe.optimisation.gradient_clip,
        use_distributed_sampler=False,
        logger=logger,
        log_every_n_steps=steps * accumulate,
        enable_checkpointing=True,
        enable_model_summary=False,
        plugins=[AtomicCheckpoints()],
        callbacks=[
            StopOnNaN(out),
            SeededBatches(recipe.seed),
            Curve(logger, min(log_every, steps)),
            *callbacks,
            point,
        ],
    )
    module.sharded = recipe.hardware.strategy == "fsdp"
    if recipe.hardware.gradient_checkpointing:
        module.model.thinker.gradient_checkpointing_enable({"use_reentrant": False})
    module.model.network.train()
    with warnings.catch_warnings():
        # Batches are packed in milliseconds; workers would only copy them about.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        trainer.fit(module, loader, ckpt_path=begun)
    module.model.network.eval()
    trainer.strategy.barrier("rank 0 has written its files")
    return point
