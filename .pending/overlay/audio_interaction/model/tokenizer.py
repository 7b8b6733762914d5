"""The small tokenizer of the tiny preset: byte-level BPE that any text round-trips through."""

from collections.abc import Iterable

from transformers import PreTrainedTokenizerFast

from audio_interaction.protocol import ControlTokens


def train_tokenizer(texts: Iterable[str], vocab_size: int = 1024) -> PreTrainedTokenizerFast:
    """Learn a byte-level BPE in which every word of a small closed domain becomes one token.

    The control tokens come first, as special tokens with the names of `protocol.ControlTokens`.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    control = list(ControlTokens.names())
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=control,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<end>",
        extra_special_tokens=control[1:],
        clean_up_tokenization_spaces=False,
    )
