"""What a registry keeps, the fake one and Windows' own: the same assertions on both."""

import pytest

from agent.backends.windows_policy import Limit, OwnPolicy
from agent.backends.windows_slices import RegistryCalls


class RegistryContract:
    """Give fixtures `registry` and `key` (a new one, taken away afterwards)."""

    def test_what_is_not_there_is_none_and_no_problem(self, registry: RegistryCalls, key):
        assert registry.read(key, "Name") is None
        assert [] == registry.subkeys(key)
        assert {} == registry.values(key)
        registry.delete_value(key, "Name")
        registry.delete_key(key)

    @pytest.mark.parametrize("text", ["", "plain", "ıİşğ çÖ", "x" * 5000, r"C:\Program Files\Okul", '"q", e'])
    def test_text_comes_back_as_it_was(self, registry: RegistryCalls, key, text):
        registry.write_text(key, "Ad", text)

        assert text == registry.read(key, "Ad")

    @pytest.mark.parametrize("number", [0, 1, 3660, 0xFFFFFFFF])
    def test_a_number_comes_back_as_a_number(self, registry: RegistryCalls, key, number):
        registry.write_number(key, "Seconds", number)

        assert number == registry.read(key, "Seconds")

    def test_a_list_comes_back_in_order(self, registry: RegistryCalls, key):
        registry.write_texts(key, "List", ["b", "a", "ı"])

        assert ["b", "a", "ı"] == registry.read(key, "List")

    def test_names_are_one_in_any_case_and_the_last_word_counts(self, registry: RegistryCalls, key):
        registry.write_text(key, "Name", "old")
        registry.write_number(key, "NAME", 3)

        assert 3 == registry.read(key.upper(), "name")
        assert 1 == len(registry.values(key))

    def test_a_value_is_deleted_alone_and_a_key_with_all_below_it(self, registry: RegistryCalls, key):
        registry.write_text(key, "a", "1")
        registry.write_text(key, "b", "2")
        registry.write_text(rf"{key}\Below\Deeper", "c", "3")
        registry.delete_value(key, "a")

        assert {"b": "2"} == registry.values(key)
        assert ["Below"] == registry.subkeys(key)

        registry.delete_key(key)
        assert registry.read(rf"{key}\Below\Deeper", "c") is None
        assert {} == registry.values(key)

    def test_the_idle_limit_is_set_and_given_back_through_it(self, registry: RegistryCalls, key):
        policy = OwnPolicy(registry)
        before = policy.look()
        assert "ours" != before.owner
        try:
            assert Limit("ours", 3660) == policy.set(3660)
        finally:
            policy.give_back()

        assert before == policy.look()
