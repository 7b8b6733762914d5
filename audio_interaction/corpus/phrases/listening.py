"""Questions and orders on what is heard: choices, music, scenes."""

from collections.abc import Iterator, Mapping
from itertools import permutations, product

from audio_interaction.corpus.language import look_up
from audio_interaction.corpus.slots import SOUND_NAMES, Filled

# Music class -> (what one hears, what one counts), as `slots.SOUND_NAMES`.
MUSIC_NAMES: dict[str, tuple[str, str]] = {
    "piano": ("a piano", "pianos"),
    "guitar": ("a guitar", "guitars"),
    "flute": ("a flute", "flutes"),
    "violin": ("a violin", "violins"),
    "trumpet": ("a trumpet", "trumpets"),
    "organ": ("an organ", "organs"),
    "xylophone": ("a xylophone", "xylophones"),
    "drums": ("drums", "drums"),
}

# Scene -> (labels of the benign sounds it is made of, what to say of it). Hazards are in none:
# they call for a warning wherever they are heard.
SCENES: dict[str, tuple[tuple[str, ...], str]] = {
    "farm": (("cow", "bird"), "this sounds like a farm"),
    "storm": (("thunder", "rain"), "this sounds like a storm"),
    "workshop": (("hammer", "engine"), "this sounds like a workshop"),
    "street": (("engine", "footsteps"), "this sounds like a street"),
    "station": (("bell", "footsteps"), "this sounds like a station"),
    "office": (("phone", "knock"), "this sounds like an office"),
    "kitchen": (("water", "bell"), "this sounds like a kitchen"),
    "river": (("water", "bird"), "this sounds like a river"),
    "parade": (("drum", "footsteps"), "this sounds like a parade"),
}
BENIGN = tuple(sorted({label for labels, _ in SCENES.values() for label in labels}))

_CHOICE = (
    "was that {} or {}", "is that {} or {}", "did you hear {} or {}", "do you hear {} or {}",
    "what was that {} or {}", "which was it {} or {}", "tell me was it {} or {}",
    "quick question was that {} or {}",
)  # fmt: skip
_PER_PAIR = 2


def heard_name(label: str) -> str:
    """What names a sound or an instrument ("a bell", "a flute").

    Raises:
        UserError: the label is neither.
    """
    return look_up(SOUND_NAMES | MUSIC_NAMES, label, "sound or instrument")[0]


def _choices(
    kind: str, labels: tuple[str, ...], names: Mapping[str, tuple[str, str]]
) -> Iterator[Filled]:
    """Every ordered pair in two of the templates; the labels are kept as "one|other"."""
    for index, (one, other) in enumerate(permutations(labels, 2)):
        for turn in range(_PER_PAIR):
            template = _CHOICE[(_PER_PAIR * index + turn) % len(_CHOICE)]
            text = template.format(names[one][0], names[other][0])
            yield Filled(text, kind, sound=f"{one}|{other}")


def choices() -> Iterator[Filled]:
    yield from _choices("choice", BENIGN, SOUND_NAMES)


def music_choices() -> Iterator[Filled]:
    yield from _choices("music_choice", tuple(MUSIC_NAMES), MUSIC_NAMES)


def music_open() -> Iterator[Filled]:
    questions = (
        "which instrument was that", "what instrument was that", "what instrument is that",
        "which instrument is that", "which instrument did you hear",
        "what instrument did you hear", "which instrument plays this music",
    )  # fmt: skip
    for opener, question in product(("", "please tell me ", "quick question "), questions):
        yield Filled(opener + question, "music_open")


# --- scenes ---------------------------------------------------------------------------------------
_WHERE = (
    "where am i", "where are we", "what is going on here", "what place is this",
    "what is this place", "describe the scene", "describe this place",
)  # fmt: skip
_DESCRIBE = (
    "describe what you hear", "tell me what you hear", "describe every sound",
    "describe the sounds", "name every sound you hear", "tell me every sound you hear",
    "tell me what happens", "describe what happens",
)  # fmt: skip


def scenes() -> Iterator[Filled]:
    """Form "where" asks once what place this is; "describe" orders to name every sound."""
    for opener, question in product(("", "please tell me ", "quick question "), _WHERE[:5]):
        yield Filled(opener + question, "scene", form="where")
    for order in _WHERE[5:]:
        yield Filled(order, "scene", form="where")
        yield Filled(f"please {order}", "scene", form="where")
    for opener, order in product(("", "please ", "can you "), _DESCRIBE):
        yield Filled(opener + order, "scene", form="describe")


# (label, ways to name the condition, orders with their replies)
_CONDITIONS = (
    (("rain", "thunder"), (("close the window", "closing the window"),
                           ("close the door", "closing the door"),
                           ("turn on the light", "turning on the light"))),
    (("phone", "bell"), (("turn off the radio", "turning off the radio"),
                         ("stop the music", "stopping the music"))),
    (("knock", "footsteps"), (("open the door", "opening the door"),
                              ("turn on the light", "turning on the light"))),
    (("cow", "bird"), (("open the window", "opening the window"),
                       ("close the door", "closing the door"))),
    (("engine", "hammer", "drum"), (("close the window", "closing the window"),
                                    ("turn off the radio", "turning off the radio"))),
)  # fmt: skip
_IF = ("{order} if there is {sound}", "if there is {sound} {order}", "{order} if you hear {sound}")


def scene_commands() -> Iterator[Filled]:
    """Orders to be carried out, and confirmed, only if `sound` has been heard."""
    for labels, orders in _CONDITIONS:
        for label, (order, reply), template in product(labels, orders, _IF):
            text = template.format(order=order, sound=SOUND_NAMES[label][0])
            yield Filled(text, "scene_command", reply, sound=label)
    for template, (order, reply) in product(
        ("{} if it rains", "if it rains {}"), _CONDITIONS[0][1]
    ):
        yield Filled(template.format(order), "scene_command", reply, sound="rain")


MAKERS = (choices, music_choices, music_open, scenes, scene_commands)
