"""The callback that watches behaviour: looks, sessions, collapses, and the best adapter so far.

A collapse is a policy that does not listen, and its loss looks fine:

    never speaks    p(response) is next to nothing even where a reply is due
    always speaks   p(response) is more than a half where none is due

The first is the cheapest such policy, since silences outnumber responses by far; many runs pass
through it in the beginning. The second is where a base begins that always had to answer.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import lightning as L

from audio_interaction.errors import UserError
from audio_interaction.model.adapter import save_adapter
from audio_interaction.training.behaviour import (
    Behaviour,
    behaviour,
    bounded,
    free_running,
    is_watched,
    teacher_forced,
)
from audio_interaction.training.data import EncodedStream
from audio_interaction.training.module import InteractionModule
from audio_interaction.training.recipe import AdapterRecipe

NEVER_SPEAKS, ALWAYS_SPEAKS = "never speaks", "always speaks"
NEVER_BELOW, ALWAYS_ABOVE = 0.05, 0.5
LAST = "last"
"""Folder beside the best adapter that holds the last one."""


class Collapsed(UserError):
    """Training was stopped because the model had long ceased to decide."""


def collapse_of(seen: Behaviour) -> str | None:
    """Name of the collapse that a look shows, or None."""
    if seen.p_elsewhere > ALWAYS_ABOVE:
        return ALWAYS_SPEAKS
    if seen.p_at_events < NEVER_BELOW:
        return NEVER_SPEAKS
    return None


class CollapseWatch:
    """Names a collapse when it begins, and says when it has lasted too long.

    Attributes:
        kind: name of the present collapse, or None.
        since: the step at which it was first seen.
        looks: how many looks it has lasted.
    """

    def __init__(self) -> None:
        self.kind: str | None = None
        self.since = self.looks = 0

    def see(self, step: int, seen: Behaviour) -> str | None:
        """Take a look into account; returns what there is to tell, if anything."""
        kind = collapse_of(seen)
        if kind and kind == self.kind:
            self.looks += 1
            return None
        before, self.kind = self.kind, kind
        self.since, self.looks = step, int(bool(kind))
        odds = (
            f"p(response) is {seen.p_at_events:.2f} where a reply is due and "
            f"{seen.p_elsewhere:.2f} elsewhere"
        )
        if kind:
            return f"step {step}: the model {kind}: {odds}"
        return before and f"step {step}: the model no longer {before}: {odds}"


class BehaviourWatch(L.Callback):
    """Every so many steps: look at held-out streams, log, name collapses, keep the best adapter.

    A look (`validate_every`) is teacher-forced over all streams: `validation_*` at threshold 0.5,
    `bounded_*` at the best threshold within the bound on false alarms. At some looks
    (`session_every`, and the last) a few streams go through the streaming session itself, at the
    bounded threshold: `session_*`. `collapse` is -1 while the model never speaks, 1 while it
    always speaks, else 0.

    The best adapter lies in `folder`, the last one in `folder/last`. It is the latest whose score,
    the F1 of a session, or without sessions the bounded F1, is within one standard error of the
    highest so far: looks at few triggers differ by chance, and what they do not see, the words of a
    transcript, gets better as long as the loss falls. (Breiman et al., Classification and
    Regression Trees, 1984, choose so among models, there the simplest.) A model that always
    speaks is not sent through sessions: it would talk for hours, and it is not the best.

    Args:
        streams: held-out streams; transcription is left out.
        recipe: how often, how many, and what to do about a collapse.
        folder: of the run.
    """

    def __init__(
        self, streams: Sequence[EncodedStream], recipe: AdapterRecipe, folder: Path
    ) -> None:
        self.streams = [encoded for encoded in streams if is_watched(encoded)]
        # Those whose F1 is the score: of sessions, if there are any.
        self.judged = self.streams[: recipe.session_streams or None]
        self.recipe, self.folder = recipe, folder
        self.collapse = CollapseWatch()
        self.best: float | None = None
        self._seen = -1

    def state_dict(self) -> dict:
        return {"best": self.best, "seen": self._seen, "collapse": vars(self.collapse).copy()}

    def load_state_dict(self, state: dict) -> None:
        self.best, self._seen = state["best"], state["seen"]
        vars(self.collapse).update(state["collapse"])

    def on_train_start(self, trainer, module: InteractionModule) -> None:
        self._look_if_due(trainer, module)

    def on_train_batch_end(self, trainer, module: InteractionModule, *_) -> None:
        self._look_if_due(trainer, module)

    def _look_if_due(self, trainer, module: InteractionModule) -> None:
        step, last = trainer.global_step, trainer.global_step == trainer.max_steps
        if step == self._seen or (step % self.recipe.validate_every and not last):
            return
        self._seen = step
        was_training = module.network.training
        module.network.eval()
        score = self._look(trainer, module, step, last)
        module.network.train(was_training)
        if trainer.is_global_zero:
            save_adapter(module.model, self.folder / LAST)
        if self.best is None or (score is not None and score >= self._good_enough(self.best)):
            if trainer.is_global_zero:
                save_adapter(module.model, self.folder)
        if score is not None:
            self.best = max(score, self.best or 0.0)

    def _good_enough(self, best: float) -> float:
        """The highest F1 less its standard error, as that of a share of all triggers."""
        triggers = sum(len(encoded.stream.responses) for encoded in self.judged)
        return best - math.sqrt(best * (1 - best) / max(1, triggers))

    def _look(self, trainer, module: InteractionModule, step: int, last: bool) -> float | None:
        """Look, log and tell; returns the score by which the best adapter is chosen, if any."""
        curves = teacher_forced(module.model, self.streams)
        seen, best = behaviour(self.streams, curves, 0.5), bounded(self.streams, curves)
        looks, score = {"validation": seen, "bounded": best}, best.f1
        if self.recipe.session_streams:
            score = None
            due = step and step % self.recipe.session_every == 0
            if (due or last) and collapse_of(seen) != ALWAYS_SPEAKS:
                looks["session"] = self._session(module, best.threshold)
                score = looks["session"].f1
        self._judge(trainer, step, seen)
        rows = {
            f"{name}_{key}": value
            for name, look in looks.items()
            for key, value in asdict(look).items()
            if name == "session" or key != "once"  # teacher-forced, a reply is not said twice
        }
        rows["collapse"] = {NEVER_SPEAKS: -1, ALWAYS_SPEAKS: 1}.get(collapse_of(seen), 0)
        if trainer.logger:
            trainer.logger.log_metrics(rows, step)
            trainer.logger.save()
        return score

    def _session(self, module: InteractionModule, threshold: float) -> Behaviour:
        heard = free_running(module.model, self.judged, threshold)
        curves = [one.p_response for one in heard]
        return behaviour(self.judged, curves, threshold, [list(one.said) for one in heard])

    def _judge(self, trainer, step: int, seen: Behaviour) -> None:
        if step == 0:  # a base that has learnt nothing of streams is no collapse
            return
        if told := self.collapse.see(step, seen):
            trainer.print(told)
        if self._stopped():
            trainer.should_stop = True

    def _stopped(self) -> bool:
        lasted = self.collapse.looks >= self.recipe.collapse_looks
        return self.recipe.on_collapse == "stop" and lasted

    def raise_if_stopped(self) -> None:
        """After training: complain if a collapse has stopped it.

        Raises:
            Collapsed: it has.
        """
        if self._stopped():
            state = self.collapse
            raise Collapsed(
                f"stopped: the model {state.kind} since step {state.since}. Look at the labels and "
                "their balance, lower the learning rate, or try another decision_weight; "
                f"on_collapse=warn goes on. The adapters so far are in {self.folder}"
            )
