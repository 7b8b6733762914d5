"""The objective: words and decisions at mutually exclusive positions (paper §3.3).

L = (1/N) [ sum over text labels of CE  +  lambda * sum over decision labels of CE ],
N = number of supervised positions (one reading of the paper's 1/N; its meaning is not stated).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

from audio_interaction.model.network import InteractionThinker
from audio_interaction.protocol import IGNORED
from audio_interaction.training.batches import Batch
from audio_interaction.training.listening import ListeningHeads


@dataclass
class Losses:
    """Scalars of one batch; `total` is what is minimised, the others are plain means."""

    total: torch.Tensor
    text: torch.Tensor
    decision: torch.Tensor


def interaction_loss(
    thinker: InteractionThinker,
    batch: Batch,
    decision_weight: float = 1.0,
    ctc_weight: float = 0.0,
    listening: ListeningHeads | None = None,
    listening_weight: float = 0.0,
) -> Losses:
    """Teacher-forced loss of a batch.

    Args:
        thinker: the network (adapters inside it take part).
        batch: packed sequences.
        decision_weight: lambda, the weight of decisions against words.
        ctc_weight: weight of the auxiliary CTC loss on the frame positions. It reads words off the
            states of the audio itself, so the language model learns to listen before it has
            learnt to attend; `<pad>` is the blank.
        listening: the auxiliary heads of `training.listening`, on the states that decide.
        listening_weight: weight of their loss.
    """
    embeddings = thinker.embed(batch.input_ids, batch.is_frame, batch.frames)
    hidden = thinker.decode_embeddings(embeddings, segments=batch.segments)
    # The state at position p predicts the label at p + 1.
    supervised = batch.labels[:, 1:] != IGNORED
    logits = thinker.lm_head(hidden[:, :-1][supervised])
    entropy = F.cross_entropy(logits, batch.labels[:, 1:][supervised], reduction="none")
    decisions = batch.is_decision[:, 1:][supervised]
    weights = batch.weights[:, 1:][supervised]
    weighted = entropy * torch.where(decisions, decision_weight, 1.0) * weights
    total = weighted.sum() / weights.sum()
    if ctc_weight and len(batch.transcripts):
        total = total + ctc_weight * _ctc(thinker, hidden, batch)
    if listening is not None and len(batch.heard):
        deciding = hidden[:, :-1][batch.is_decision[:, 1:]]
        total = total + listening_weight * listening(deciding, batch.heard)
    return Losses(total, _mean(entropy[~decisions]), _mean(entropy[decisions]))


def _ctc(thinker: InteractionThinker, hidden: torch.Tensor, batch: Batch) -> torch.Tensor:
    heard = batch.transcript_lengths > 0
    pieces = hidden[batch.is_frame].split(batch.frame_counts.tolist())
    padded = pad_sequence([pieces[i] for i in heard.nonzero().flatten().tolist()])
    log_probabilities = thinker.lm_head(padded).log_softmax(-1)
    return F.ctc_loss(
        log_probabilities,
        batch.transcripts,
        batch.frame_counts[heard],
        batch.transcript_lengths[heard],
        blank=thinker.config.text_config.pad_token_id,
        zero_infinity=True,
    )


def _mean(values: torch.Tensor) -> torch.Tensor:
    return values.mean().detach() if len(values) else values.new_zeros(())
