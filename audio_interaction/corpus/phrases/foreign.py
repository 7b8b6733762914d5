"""Sentences in Chinese, and turns that begin in one language and end in the other.

Their answer is their English translation.
"""

from collections import defaultdict
from collections.abc import Iterator

from audio_interaction.corpus.language import sentences
from audio_interaction.corpus.phrases.chinese import SLOTS, template, to_chinese
from audio_interaction.corpus.slots import Filled

PER_TEMPLATE = 8
"""Sentences of one template, so that those with many slots do not crowd out the others."""


def chinese() -> Iterator[Filled]:
    """The Chinese of English sentences without "please", evenly over the templates."""
    groups = defaultdict(dict)
    for sentence in sentences():
        if (index := template(sentence.text)) is not None:
            groups[index].setdefault(to_chinese(sentence.text), sentence.text)
    for group in groups.values():
        texts = list(group)
        step = max(len(texts) // PER_TEMPLATE, 1)
        for text in texts[::step][:PER_TEMPLATE]:
            yield Filled(text, "chinese", group[text])


# (mixed template, its English, the slot it takes); "{zh}" is the Chinese of the slot, "{en}" its
# English.
_MIXED = (
    ("请打开 the {en} lamp", "please turn on the {en} lamp", "room"),
    ("请关掉 the {en} light", "please turn off the {en} light", "room"),
    ("我想听 {en} music", "i want {en} music", "style"),
    ("请给 {en} 发一条 message", "please send a message to {en}", "name"),
    ("please call {zh}", "please call {en}", "name"),
    ("tell me {zh}的首都", "tell me the capital of {en}", "country"),
    ("what is the capital of {zh}", "what is the capital of {en}", "country"),
    ("请把 {en} 加到 the list", "please add {en} to the list", "food"),
    ("we need {zh}", "we need {en}", "food"),
    ("what color is {zh}", "what color is {en}", "thing"),
    ("昨天 i heard {zh}", "yesterday i heard {en}", "sound"),
    ("the timer was set for {zh}分钟", "the timer was set for {en} minutes", "amount"),
)


def codeswitch() -> Iterator[Filled]:
    for mixed, english, slot in _MIXED:
        for word, other in SLOTS[slot].items():
            yield Filled(mixed.format(en=word, zh=other), "codeswitch", english.format(en=word))


MAKERS = (chinese, codeswitch)
