"""How the product keeps passwords; other tests hash cheaply."""

from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from tests.support import cheap_passwords


def test_passwords_are_kept_by_argon2id_as_its_standard_recommends_for_a_small_machine() -> None:
    assert RFC_9106_LOW_MEMORY == extract_parameters(cheap_passwords.SHIPPED.hash("a short sentence is good"))
