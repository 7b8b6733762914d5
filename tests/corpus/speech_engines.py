"""Which of the speech engines that are system libraries this machine has, for tests that render."""

import ctypes.util

import pytest

ESPEAK = bool(ctypes.util.find_library("espeak-ng"))
FLITE = bool(ctypes.util.find_library("flite"))

needs_espeak = pytest.mark.skipif(
    not ESPEAK, reason="needs eSpeak NG (apt-get install libespeak-ng1 espeak-ng-data)"
)
needs_flite = pytest.mark.skipif(not FLITE, reason="needs flite (apt-get install libflite1)")
