"""The words that fill the templates of the closed English."""

from typing import NamedTuple


class Filled(NamedTuple):
    """A filled template; fields as in `language.Sentence`."""

    text: str
    kind: str
    answer: str = ""
    sound: str = ""
    form: str = ""


# Sound event -> (what one hears, what one counts).
SOUND_NAMES: dict[str, tuple[str, str]] = {
    "alarm": ("an alarm", "alarms"),
    "siren": ("a siren", "sirens"),
    "horn": ("a horn", "horns"),
    "bell": ("a bell", "bells"),
    "phone": ("a phone", "phones"),
    "knock": ("a knock", "knocks"),
    "explosion": ("an explosion", "explosions"),
    "gunshot": ("a gunshot", "gunshots"),
    "glass": ("glass breaking", "breaking glasses"),
    "scream": ("a scream", "screams"),
    "thunder": ("thunder", "claps of thunder"),
    "engine": ("an engine", "engines"),
    "train": ("a train", "trains"),
    "saw": ("a saw", "saws"),
    "rain": ("rain", "showers of rain"),
    "water": ("water", "splashes of water"),
    "footsteps": ("footsteps", "footsteps"),
    "dog": ("a dog", "dogs"),
    "rooster": ("a rooster", "roosters"),
    "cow": ("a cow", "cows"),
    "sheep": ("a sheep", "sheep"),
    "bird": ("a bird", "birds"),
    "drum": ("a drum", "drums"),
    "hammer": ("a hammer", "hammers"),
}


# --- slots ----------------------------------------------------------------------------------------
CAPITALS = {
    "france": "paris", "italy": "rome", "spain": "madrid", "germany": "berlin", "japan": "tokyo",
    "egypt": "cairo", "russia": "moscow", "england": "london", "greece": "athens",
    "norway": "oslo",
}  # fmt: skip
OPPOSITES = ("hot cold", "big small", "fast slow", "high low", "day night", "black white")
COLORS = {
    "the sky": "blue", "grass": "green", "snow": "white", "a banana": "yellow", "blood": "red",
    "coal": "black", "a carrot": "orange",
}  # fmt: skip
VOICES_OF = {"cow": "moo", "dog": "woof", "cat": "meow", "duck": "quack"}
LEGS = {"dog": "four", "bird": "two", "cow": "four", "duck": "two"}
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = (
    "january february march april may june july august september october november december"
).split()
NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()
AMOUNTS = ("two", "three", "five", "ten", "fifteen", "twenty", "thirty")
LETTERS = tuple("fhklmqsx")
NAMES = ("anna", "tom", "mary", "john", "peter", "lucy")
DEVICES = ("lamp", "light", "fan", "radio", "heater")
ROOMS = ("kitchen", "bedroom", "bathroom", "garage", "office")
OPENINGS = ("door", "window")
MUSIC = ("jazz", "rock", "piano", "dance", "folk")
GROCERIES = ("milk", "bread", "sugar", "coffee", "rice", "butter")
