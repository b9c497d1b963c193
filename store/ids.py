"""Immutable ids: a prefix that tells the kind and 60 random bits. They are QuestDB symbols too, so they are never names."""

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing that reads as something else
LENGTH = 12


def new_id(prefix: str) -> str:
    """A new id such as `mtr_4k7q0x9v2n8e`."""
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(LENGTH))}"
