"""What every test starts from: no hub, one thread, the smoke profile, fixed seeds."""

import os

# Before anything imports numpy or torch: they read these once.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")
os.environ["AUDIO_INTERACTION_PROFILE"] = "smoke"
os.environ.pop("AUDIO_INTERACTION_DATA", None)
os.environ.pop("AUDIO_INTERACTION_RUNS", None)

import random

import hypothesis
import numpy as np
import pytest

# The same examples on every run, and no deadline: the machine may be busy.
hypothesis.settings.register_profile("kit", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("kit")


@pytest.fixture(autouse=True)
def seeds():
    """Every test draws the same numbers, whatever ran before it."""
    import torch

    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def untrained():
    """A tiny model with real ears and a language model that has learnt nothing yet."""
    import torch

    from audio_interaction.model.interaction import new_model
    from audio_interaction.model.tokenizer import train_tokenizer
    from audio_interaction.training.base import domain_texts

    torch.manual_seed(0)
    model = new_model("tiny", train_tokenizer(domain_texts()))
    model.network.eval()
    return model
