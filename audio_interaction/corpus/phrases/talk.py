"""What people say of themselves: feelings, spelled words, facts to remember, the wake word."""

import random
from collections.abc import Iterator
from itertools import product

from audio_interaction.corpus.slots import (
    CAPITALS,
    GROCERIES,
    MONTHS,
    NAMES,
    NUMBERS,
    OPPOSITES,
    ROOMS,
    Filled,
)
from audio_interaction.corpus.slots import COLORS as COLORED

# --- feelings: (template, reply, slots) by the emotion of the reply -------------------------------
_WHEN = ("today", "yesterday", "last night")
_LOVED = ("dog", "cat", "mother", "father", "friend")
_FEELINGS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "happy": (
        ("i won the game {}", "that is great well done", _WHEN),
        ("my friend {} is coming home", "how nice i am happy for you", NAMES),
        ("we are so happy {}", "that is good to hear", ("today", "here", "in paris", "in rome")),
        ("i got a new {}", "how nice have fun with it", ("dog", "cat", "lamp", "radio", "piano")),
        ("i have a new job in {}", "that is great well done", ("london", "berlin", "madrid")),
        ("i love the new {} so much", "that is good to hear", ("kitchen", "office", "garage")),
    ),
    "sad": (
        ("i miss my {} so much", "i am sorry that must be hard", _LOVED),
        ("my {} is very sick", "i am so sorry i hope it gets better", _LOVED),
        ("my {} died {}", "i am so sorry for your loss", ("dog", "cat", "friend")),
        ("i feel so sad {}", "i am here for you", _WHEN),
        ("i am all alone in the {}", "i am here for you", ROOMS),
    ),
    "angry": (
        ("somebody stole my {}", "that is terrible you should call for help",
         ("phone", "radio", "car", "piano", "bread")),
        ("{} broke my window again", "that is not fair at all", NAMES),
        ("i am so angry at {}", "you have every right to be angry", NAMES),
        ("they lied to me {}", "that is not fair at all", _WHEN),
        ("somebody broke my {}", "that is terrible you should call for help",
         ("lamp", "fan", "heater", "door")),
    ),
    "surprise": (
        ("wow there is a cow in the {}", "no way i did not see that coming", ROOMS),
        ("i can not believe {} is here", "wow what a surprise", NAMES),
        ("wow there is snow in {}", "no way i did not see that coming", MONTHS[4:9]),
        ("i never knew that {} plays the piano", "wow what a surprise", NAMES),
    ),
}  # fmt: skip


def feelings() -> Iterator[Filled]:
    for emotion, rows in _FEELINGS.items():
        for template, reply, values in rows:
            for value in values:
                if template.count("{}") == 2:
                    yield from (
                        Filled(template.format(value, when), "feeling", reply, form=emotion)
                        for when in _WHEN
                    )
                else:
                    yield Filled(template.format(value), "feeling", reply, form=emotion)


# --- spelled words and codes ----------------------------------------------------------------------
_SPELLED = (
    *NAMES, *CAPITALS, *CAPITALS.values(), *ROOMS, *GROCERIES,
    "jazz", "quick", "box", "six", "wave", "van", "you", "way",
)  # fmt: skip
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def spelled(codes: int = 120) -> Iterator[Filled]:
    """Words letter by letter, and codes of letters and digits."""
    for word in dict.fromkeys(_SPELLED):
        yield Filled(" ".join(word), "spelled", form="word")
    draw = random.Random(1)
    for _ in range(codes):
        symbols = [draw.choice(_ALPHABET), draw.choice(NUMBERS[:10])]
        symbols += [
            draw.choice(draw.choice((_ALPHABET, NUMBERS[:10]))) for _ in range(draw.randint(1, 3))
        ]
        draw.shuffle(symbols)
        yield Filled(" ".join(symbols), "spelled", form="code")


# --- facts to remember: key -> (values, ways to say, ways to ask, answer) -------------------------
_ASK = ("{}", "please tell me {}", "can you tell me {}", "do you know {}", "quick question {}")
_HISTORY: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], str]] = {
    "name": (
        NAMES,
        ("my name is {}", "i am {}", "you can call me {}"),
        ("what is my name", "what my name is"),
        "your name is {}",
    ),
    "keys": (
        ROOMS,
        ("i put the keys in the {}", "the keys are in the {}", "i left the keys in the {}"),
        ("where are the keys", "where did i put the keys"),
        "the keys are in the {}",
    ),
    "color": (
        tuple(COLORED.values()),
        ("my favorite color is {}", "i like the color {} most"),
        ("what is my favorite color", "which color do i like most"),
        "your favorite color is {}",
    ),
    "dinner": (
        GROCERIES,
        ("i will have {} for dinner", "we will have {} for dinner"),
        ("what is for dinner", "what will i have for dinner"),
        "{} is for dinner",
    ),
    "home": (
        tuple(CAPITALS.values()),
        ("i live in {}", "my home is in {}"),
        ("where do i live", "in which city do i live"),
        "you live in {}",
    ),
    "birthday": (
        tuple(MONTHS),
        ("my birthday is in {}", "i have my birthday in {}"),
        ("when is my birthday", "in which month is my birthday"),
        "your birthday is in {}",
    ),
}


def history_reply(key: str, value: str) -> str:
    """What is due when the fact `key` is asked for and `value` was told ("your name is anna")."""
    return _HISTORY[key][3].format(value)


def history_facts() -> Iterator[Filled]:
    for key, (values, said, _, _) in _HISTORY.items():
        for template, value in product(said, values):
            yield Filled(template.format(value), "history_fact", sound=value, form=key)


def history_questions() -> Iterator[Filled]:
    """The answer depends on what was told: `history_reply`."""
    for key, (_, _, asked, _) in _HISTORY.items():
        for wrapper, question in product(_ASK, asked):
            yield Filled(wrapper.format(question), "history", form=key)


# --- the wake word --------------------------------------------------------------------------------
WAKE_WORD = "computer"
_ORDERS = (
    "only answer when i say {}", "please only answer when i say {}", "answer only when i say {}",
    "only answer me when i say {}", "please answer only when i say {}", "only answer after {}",
    "only help when i say {}", "please only help when i say {}", "wait until i say {}",
    "please wait until i say {}", "be quiet until i say {}", "please be quiet until i say {}",
)  # fmt: skip


def wake_orders() -> Iterator[Filled]:
    for order in _ORDERS:
        yield Filled(order.format(WAKE_WORD), "wake_order")


def wake() -> Iterator[Filled]:
    """Questions that are meant for the listener."""
    asked = [
        *((f"what is the capital of {country}", city) for country, city in CAPITALS.items()),
        *((f"which country has the capital {city}", name) for name, city in CAPITALS.items()),
        *((f"what color is {thing}", color) for thing, color in COLORED.items()),
        *((f"what is the opposite of {one}", other) for one, other in map(str.split, OPPOSITES)),
        *((f"what is the opposite of {other}", one) for one, other in map(str.split, OPPOSITES)),
        *(
            (f"which number comes after {now}", then)
            for now, then in zip(NUMBERS, NUMBERS[1:], strict=False)
        ),
    ]
    for question, answer in asked:
        yield Filled(f"{WAKE_WORD} {question}", "wake", answer)


MAKERS = (feelings, spelled, history_facts, history_questions, wake_orders, wake)
