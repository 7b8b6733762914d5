"""The objective: words and decisions at mutually exclusive positions (paper §3.3).

    L = (1/N) [ sum over text labels of CE  +  lambda * sum over decision labels of CE ]

A position has one label or none, and a label is a word (text, emotion, `<end>`) or a decision
(`<silent>`, `<response>`), never both. The paper takes lambda = 1 and leaves open what its N is;
`Objective.mean` has the readings. It weighs silence and response alike; `Objective.balance` has
what others do instead, for ablations.
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

from audio_interaction.layouts import IGNORED
from audio_interaction.model.network import InteractionThinker
from audio_interaction.training.batches import Batch
from audio_interaction.training.listening import ListeningHeads
from audio_interaction.training.ranks import mean_over_ranks, sum_over_ranks

Mean = Literal["labels", "terms", "positions"]
Balance = Literal["none", "classes", "silence"]


@dataclass(frozen=True)
class Objective:
    """What is minimised.

    Attributes:
        decision_weight: lambda, the weight of decisions against words.
        mean: what 1/N means. "labels": N counts the supervised positions, one mean over both
            terms (our reading, and the released code's at lambda 1). "terms": each term has its
            own N, mean over words + lambda * mean over decisions. "positions": N counts all
            positions of the sequences, so long silent streams weigh little.
        balance: "none" as in the paper. "classes": silences and responses get the same total
            weight in a batch, the sum of the decision weights unchanged. "silence": lambda weighs
            `<silent>` alone and a `<response>` counts as a word, as in VideoLLM-online
            (arXiv 2406.11816, eq. 2; its released code weighs both).
    """

    decision_weight: float = 1.0
    mean: Mean = "labels"
    balance: Balance = "none"


PAPER = Objective()


@dataclass
class Losses:
    """Scalars of one batch; `total` is what is minimised, the others are plain means.

    On several ranks each is this rank's summand of a mean over the ranks (`ranks`).
    """

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
    *,
    mean: Mean = "labels",
    balance: Balance = "none",
    silent: int | None = None,
) -> Losses:
    """Teacher-forced loss of a batch.

    Args:
        thinker: the network (adapters inside it take part).
        batch: packed sequences.
        decision_weight, mean, balance: the fields of `Objective`.
        ctc_weight: weight of the auxiliary CTC loss on the frame positions. It reads words off the
            states of the audio itself, so the language model learns to listen before it has
            learnt to attend; `<pad>` is the blank.
        listening: the auxiliary heads of `training.listening`, on `Batch.heard_at`.
        listening_weight: weight of their loss.
        silent: id of `<silent>`; needed unless `balance` is "none".
    """
    embeddings = thinker.embed(batch.input_ids, batch.is_frame, batch.frames)
    # The state at position p predicts the label at p + 1.
    labels = batch.labels[:, 1:]
    supervised = labels != IGNORED
    read = supervised[0].nonzero()[:, 0]
    if len(read) and listening is None and not ctc_weight:
        predicting = thinker.decode_embeddings(embeddings, segments=batch.segments, read=read)[0]
    else:  # the auxiliary losses read other states, too; a rank's fillers have no label at all
        states = thinker.decode_layers(embeddings, batch.segments)
        predicting = states[-1][0, read]
    logits = thinker.lm_head(predicting)
    entropy = F.cross_entropy(logits, labels[supervised], reduction="none")
    decisions = batch.is_decision[:, 1:][supervised]
    items = batch.weights[:, 1:][supervised]
    kinds = label_weights(labels[supervised], decisions, decision_weight, balance, silent)
    weighted = entropy * kinds * items
    if mean == "terms":
        total = sum(
            mean_over_ranks(weighted[term].sum(), items[term].sum())
            for term in (~decisions, decisions)
        )
    else:
        count = items.sum() if mean == "labels" else batch.weights.sum()
        total = mean_over_ranks(weighted.sum(), count)
    if ctc_weight:
        total = total + ctc_weight * _ctc(thinker, states[-1], batch)
    if listening is not None:
        heard = listening(states, batch.heard_at, batch.heard)
        total = total + listening_weight * heard
    return Losses(total, _mean(entropy[~decisions]), _mean(entropy[decisions]))


def label_weights(
    labels: torch.Tensor,
    decisions: torch.Tensor,
    decision_weight: float,
    balance: Balance = "none",
    silent: int | None = None,
) -> torch.Tensor:
    """Weight of every label by its kind: 1 for words, lambda (balanced or not) for decisions.

    Args:
        labels: int64 (L,), the supervised labels alone.
        decisions: bool (L,), which of them are decisions.
        decision_weight, balance: the fields of `Objective`.
        silent: id of `<silent>`.

    Returns:
        float32 (L,).

    Raises:
        ValueError: classes are to be told apart without the id of `<silent>`.
    """
    weights = torch.ones(len(labels), device=labels.device)
    weights[decisions] = decision_weight
    if balance == "none":
        return weights
    if silent is None:
        raise ValueError(f"balance {balance!r} needs the id of <silent>")
    silences = decisions & (labels == silent)
    responses = decisions & (labels != silent)
    if balance == "silence":
        weights[responses] = 1.0
        return weights
    counts = sum_over_ranks(torch.stack([silences.sum(), responses.sum()]).float())
    if counts.all():
        for which, count in zip((silences, responses), counts, strict=True):
            weights[which] *= counts.sum() / 2 / count
    return weights


def _ctc(thinker: InteractionThinker, hidden: torch.Tensor, batch: Batch) -> torch.Tensor:
    heard = batch.transcript_lengths > 0
    if not heard.any():
        return mean_over_ranks(hidden.sum() * 0, 0)
    pieces = hidden[batch.is_frame].split(batch.frame_counts.tolist())
    padded = pad_sequence([pieces[i] for i in heard.nonzero().flatten().tolist()])
    log_probabilities = thinker.lm_head(padded).log_softmax(-1)
    lengths = batch.transcript_lengths[heard]
    losses = F.ctc_loss(
        log_probabilities,
        batch.transcripts,
        batch.frame_counts[heard],
        lengths,
        blank=thinker.config.text_config.pad_token_id,
        reduction="none",
        zero_infinity=True,
    )
    return mean_over_ranks((losses / lengths).sum(), len(lengths))


def _mean(values: torch.Tensor) -> torch.Tensor:
    return mean_over_ranks(values.detach().sum(), len(values))
