"""For the tests that run inside Windows Python. No other conftest is above this one there."""

from hypothesis import settings

# How long an example takes under Wine says nothing about it.
settings.register_profile("gatepost", deadline=None)
settings.load_profile("gatepost")
