"""The Lightning module: a model, its objective and its optimiser."""

import math
from dataclasses import asdict

import lightning as L
import torch

from audio_interaction.model.interaction import InteractionModel
from audio_interaction.training.batches import Batch
from audio_interaction.training.listening import ListeningHeads
from audio_interaction.training.objective import PAPER, Objective, interaction_loss
from audio_interaction.training.recipe import Optimisation
from audio_interaction.training.sharding import shard_frozen, take_memory


class InteractionModule(L.LightningModule):
    """Trains whatever parameters of the network require gradients.

    Args:
        model: the model; its network is registered here.
        optimisation: AdamW settings.
        objective: lambda and its options.
        ctc_weight: weight of the auxiliary CTC loss.
        listening_weight: weight of the auxiliary loss of listening; 0 for none. Its heads belong
            to this module and not to the model.
    """

    def __init__(
        self,
        model: InteractionModel,
        optimisation: Optimisation,
        objective: Objective = PAPER,
        ctc_weight: float = 0.0,
        listening_weight: float = 0.0,
    ) -> None:
        super().__init__()
        self.strict_loading = False  # checkpoints hold what is trained, and no more
        self.model = model
        self.network = model.network
        self.optimisation = optimisation
        self.objective = objective
        self.ctc_weight = ctc_weight
        self.listening_weight = listening_weight
        language = model.thinker.config.text_config
        self.listening = (
            ListeningHeads(language.hidden_size, language.num_hidden_layers)
            if listening_weight
            else None
        )
        self.sharded = False  # whether frozen weights are spread over the processes (`sharding`)
        self.save_hyperparameters(asdict(optimisation))

    def configure_model(self) -> None:
        if not self.sharded:
            return
        self.sharded = False  # Lightning may call this again
        shards = shard_frozen(self.model.thinker, self.trainer.strategy.root_device.type)
        # DDP looks after the others.
        self._ddp_params_and_buffers_to_ignore = [
            name for name, parameter in self.named_parameters() if parameter in shards
        ]

    def on_fit_start(self) -> None:
        if hasattr(self, "_ddp_params_and_buffers_to_ignore"):
            take_memory(self.model.thinker)

    def training_step(self, batch: Batch, _: int) -> dict:
        losses = interaction_loss(
            self.model.thinker,
            batch,
            ctc_weight=self.ctc_weight,
            listening=self.listening,
            listening_weight=self.listening_weight,
            silent=self.model.tokens.silent,
            **vars(self.objective),
        )
        self.log("loss_now", losses.total, prog_bar=True, logger=False, batch_size=1)
        rate = self.optimizers().param_groups[0]["lr"]
        curve = {
            "loss": losses.total.detach(),
            "loss_text": losses.text,
            "loss_decision": losses.decision,
            "learning_rate": torch.tensor(rate, dtype=torch.float64),
        }
        return {"loss": losses.total, "curve": curve}

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        """Keep what is trained; the frozen weights are on disk already."""
        state = checkpoint["state_dict"]
        checkpoint["state_dict"] = {
            name: state[name] for name, p in self.named_parameters() if p.requires_grad
        }

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, _: int) -> Batch:
        return batch.to(device)

    def configure_optimizers(self) -> dict:
        settings = self.optimisation
        trainable = [p for p in self.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(
            [
                # Norms and biases are not decayed.
                {"params": [p for p in trainable if p.ndim > 1]},
                {"params": [p for p in trainable if p.ndim <= 1], "weight_decay": 0.0},
            ],
            lr=settings.learning_rate,
            betas=(0.9, settings.beta2),
            weight_decay=settings.weight_decay,
        )
        warmup = max(1, round(settings.warmup * settings.steps))

        def rate(step: int) -> float:
            if step < warmup:
                return (step + 1) / warmup
            progress = (step - warmup) / max(1, settings.steps - warmup)
            return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }
