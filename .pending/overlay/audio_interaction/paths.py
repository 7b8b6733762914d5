"""Where the data that comes with the repository lies."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
MINI_DATA = Path(os.environ.get("AUDIO_INTERACTION_DATA", REPOSITORY / "mini_data"))
"""Source clips, models and stand-ins; the environment variable names another folder."""
