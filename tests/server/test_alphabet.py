"""The list of people stands in the order of the alphabet, not of the machine's codes."""

import pytest

from server.db import Database, alphabet_key

TURKISH = [
    "Ali",
    "Can",
    "Cem",
    "Çağla",
    "Defne",
    "Emre",
    "Hakan",
    "Işık",
    "İpek",
    "Jale",
    "Okan",
    "Özgür",
    "Sami",
    "Şule",
    "Umut",
    "Ülkü",
    "Zeynep",
]


def test_turkish_names_stand_where_the_alphabet_has_them():
    assert TURKISH == sorted(TURKISH, key=alphabet_key)


@pytest.mark.parametrize(
    "names", [["Ana", "Émile", "Eva"], ["Hugo", "Ian", "Ivy", "Jo"], ["ada", "Bea", "cem"], ["", "Ada"]]
)
def test_other_names_stand_as_people_expect(names):
    assert names == sorted(names, key=alphabet_key)


def test_a_letter_written_in_two_pieces_is_the_same_letter():
    assert alphabet_key("Çağla") == alphabet_key("C\u0327ag\u0306la")


def test_the_database_orders_by_it(tmp_path):
    db = Database(tmp_path / "some.sqlite")
    with db.read() as connection:
        names = "VALUES ('Zeynep'), ('İpek'), ('Çağla'), ('Can'), (NULL)"
        query = f"SELECT column1 FROM ({names}) ORDER BY alphabet_key(column1)"
        found = [row[0] for row in connection.exec_driver_sql(query)]
    db.close()

    assert [None, "Can", "Çağla", "İpek", "Zeynep"] == found
