"""What the template planner knows of the world: places, what is heard there, and what follows what.

A label that no table mentions (from a folder of one's own) is heard everywhere.
"""

from dataclasses import dataclass

from audio_interaction.corpus.sounds import NOISE


@dataclass(frozen=True)
class Place:
    """A kind of place.

    Attributes:
        name: with its article.
        hears: labels of the events that belong there.
        ambience: labels that can go on there all the time.
        music: whether instruments are heard there.
    """

    name: str
    hears: frozenset[str]
    ambience: tuple[str, ...]
    music: bool = False


def _place(name: str, hears: str, ambience: str, music: bool = False) -> Place:
    return Place(name, frozenset(f"{hears} {ambience}".split()), tuple(ambience.split()), music)


PLACES = (
    _place("the kitchen of a small flat",
           "alarm phone glass footsteps knock bell thunder scream dog rain water",
           f"water {NOISE}", music=True),
    _place("an office with many desks",
           "phone knock footsteps alarm bell glass siren scream", f"rain {NOISE}"),
    _place("a workshop",
           "hammer saw alarm phone footsteps glass scream knock explosion", f"engine {NOISE}"),
    _place("a busy street crossing",
           "horn siren footsteps bell scream explosion gunshot glass thunder dog alarm",
           f"engine rain {NOISE}"),
    _place("the yard of a farm",
           "cow rooster sheep dog hammer saw thunder gunshot engine rain", f"bird {NOISE}"),
    _place("a railway platform",
           "train bell horn footsteps alarm scream bird siren phone", f"engine rain {NOISE}"),
    _place("a park beside a stream",
           "dog footsteps thunder drum bell scream siren rain", f"bird water {NOISE}", music=True),
    _place("a rehearsal room",
           "drum knock phone bell footsteps alarm glass", NOISE, music=True),
    _place("a small harbour",
           "horn bell hammer explosion siren engine thunder bird", f"water rain {NOISE}"),
)  # fmt: skip

TIMES = (
    "early in the morning", "at noon", "in the afternoon", "in the evening", "late at night",
)  # fmt: skip

STAGES = (
    ("explosion", "gunshot", "glass", "footsteps"),
    ("scream", "alarm", "knock"),
    ("siren",),
)
"""What sets something off, what it sets off, and what comes last."""

FOLLOWS = (
    ("explosion", "scream"),
    ("explosion", "alarm"),
    ("explosion", "siren"),
    ("gunshot", "scream"),
    ("gunshot", "siren"),
    ("glass", "alarm"),
    ("footsteps", "knock"),
    ("scream", "siren"),
)
"""(cause, effect): in one scene the first is heard before the second. `STAGES` obey them all."""

DESCRIPTIONS: dict[str, tuple[str, ...]] = {
    "alarm": ("a shrill alarm beeps again and again", "an electronic alarm goes off in the room"),
    "siren": ("a siren wails up and down", "the siren of an ambulance draws near"),
    "horn": ("a car horn honks loudly", "a driver leans on the horn"),
    "explosion": ("an explosion booms and rumbles away", "a sudden loud explosion close by"),
    "gunshot": ("a single gunshot cracks", "a gunshot echoes off the walls"),
    "glass": ("glass breaking into many small shards", "a pane of glass falls and shatters"),
    "scream": ("a person lets out a long scream", "a high scream of fright"),
    "bell": ("a metal bell is struck and rings", "a bell rings and dies away"),
    "phone": ("a phone rings on the table", "an old phone trills several times"),
    "knock": ("a firm knock on a wooden door", "somebody gives a door three knocks"),
    "thunder": ("thunder rolls across the sky", "a low clap of thunder far away"),
    "engine": ("a heavy engine idles steadily", "the engine of a truck runs by"),
    "train": ("a train rattles along the rails", "a long train rolls past slowly"),
    "saw": ("a saw cuts through a plank", "a power saw whines in hard wood"),
    "rain": ("steady rain falls on the ground", "heavy rain drums on a roof"),
    "water": ("water runs and bubbles softly", "a stream of water splashes on stone"),
    "footsteps": ("footsteps cross a hard floor", "slow footsteps walk on gravel"),
    "dog": ("a dog barks a few times", "a small dog yaps behind a fence"),
    "rooster": ("a rooster crows at the sun", "one rooster crows twice close by"),
    "cow": ("a cow moos in a field", "one deep moo of a cow"),
    "sheep": ("a sheep bleats on the meadow", "several sheep bleat one after another"),
    "bird": ("a bird chirps in a tree", "a small bird sings a short phrase"),
    "drum": ("a drum is beaten in rhythm", "short beats on a big drum"),
    "hammer": ("a hammer strikes an iron bar", "blows of a hammer on metal"),
    NOISE: ("steady background noise of the place", "a low noise that never stops"),
}
"""Descriptions of 4 to 12 words, fit for retrieval."""


def hears(place: Place, label: str, music: bool) -> bool:
    """Whether a sound belongs to a place; `music` says that it is an instrument."""
    if music:
        return place.music
    return label in place.hears or label not in DESCRIPTIONS


def describe(label: str, music: bool) -> tuple[str, ...]:
    """Descriptions of a label, 4 to 12 words each for a label of up to seven words."""
    name = label.replace("_", " ")
    if music:
        return (f"a short melody played on {name}", f"somebody plays {name} for a while")
    return DESCRIPTIONS.get(label, (f"the sound of {name} close by",))
