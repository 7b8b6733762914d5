"""Mini StreamAudio: from source clips to streams with a timeline (paper §3.2, §4)."""
