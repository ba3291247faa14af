"""What schools' programs call their columns (English, Turkish), and what their roles mean."""

from server.roster.entries import Kind
from server.roster.values import fold

ALIASES: dict[str, tuple[str, ...]] = {
    "person": (
        "person", "person id", "id", "student id", "pupil id", "upn", "sourcedid", "school id",
        "admission number", "öğrenci no", "öğrenci numarası", "okul no", "okul numarası", "numara", "kişi no",
        "kişi", "sicil no", "t.c. kimlik no", "tc kimlik no",
    ),
    "username": (
        "os user", "username", "user name", "user", "login", "login name", "account", "account name",
        "samaccountname", "kullanıcı adı", "kullanıcı", "hesap", "hesap adı", "oturum adı",
    ),
    "display_name": (
        "display name", "name", "full name", "pupil name", "student name", "ad soyad", "adı soyadı",
        "ad-soyad", "adı ve soyadı", "isim", "öğrenci adı soyadı", "görünen ad",
    ),
    "given_name": (
        "given name", "givenname", "first name", "firstname", "forename", "preferred name", "ad", "adı",
        "öğrenci adı", "ön ad",
    ),
    "family_name": (
        "family name", "familyname", "last name", "lastname", "surname", "legal surname", "soyad", "soyadı",
        "öğrenci soyadı",
    ),
    "tier": ("tier", "age tier", "stage", "düzey", "basamak", "yaş düzeyi"),
    "grade": (
        "grade", "grades", "year group", "yeargroup", "nc year", "sınıf düzeyi", "seviye", "sınıf seviyesi",
    ),
    "born": ("birth date", "birthdate", "date of birth", "dob", "birthday", "doğum tarihi"),
    "language": ("language", "lang", "dil"),
    "room": ("room", "lab", "classroom", "derslik", "oda", "laboratuvar", "salon"),
    "class_name": (
        "class", "form", "registration group", "reg group", "tutor group", "sınıf", "sınıfı", "şube",
        "sınıf şube", "sınıf/şube",
    ),
    "year": ("year", "yıl", "dönem"),
    "kind": ("kind", "role", "type", "rol", "görev türü", "tür"),
    "job_title": ("job title", "position", "görev", "görevi", "unvan", "ünvan", "branş"),
}  # fmt: skip
"""Our field → what the column may be called; the first that is found wins."""
KINDS: dict[str, Kind] = {
    "pupil": "pupil", "student": "pupil", "learner": "pupil", "öğrenci": "pupil",
    "staff": "staff", "teacher": "staff", "aide": "staff", "administrator": "staff", "adult": "staff",
    "öğretmen": "staff", "personel": "staff", "yönetici": "staff", "müdür": "staff",
    "visitor": "visitor", "guest": "visitor", "ziyaretçi": "visitor", "misafir": "visitor",
}  # fmt: skip
KIND_WORDS: dict[str, Kind] = {fold(word): kind for word, kind in KINDS.items()}


def key_of(name: str) -> str:
    """Return a column's name for looking it up."""
    return fold(name.replace("_", " "))
