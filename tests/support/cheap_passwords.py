"""Passwords that are hashed cheaply: argon2 takes seconds for the adults of one school, on purpose."""

from argon2 import PasswordHasher

from server import accounts

SHIPPED = accounts._hasher
"""What the product makes passwords unreadable with; tests/server/test_passwords.py looks at it."""


def use() -> None:
    """Hash cheaply in this process from now on; servers in processes of their own do as the product does."""
    accounts._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
