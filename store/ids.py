"""Immutable ids: a prefix that tells the kind and 60 random bits. They are QuestDB symbols too, so they are never names."""

import hashlib
import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing that reads as something else
LENGTH = 12
IMPORTED = "imp_"  # begins the source of what came by a file
_READ_AS = str.maketrans("ilo", "110")  # what people type for the letters that are not in it


def new_id(prefix: str) -> str:
    """A new id such as `mtr_4k7q0x9v2n8e`."""
    return f"{prefix}_{_random()}"


def entity_id(owner_id: str) -> str:
    """The id of the entity of a user or an organisation: theirs, under another prefix. The database makes the same."""
    return f"ent_{owner_id[4:]}"


def channel_id(source_id: str, road: str, name: str) -> str:
    """The id of what a source calls one of its values: 120 bits of a hash of it, so that each process knows it by itself."""
    return said_id("chn", source_id, road, name)


def said_id(prefix: str, *said: str) -> str:
    """The id of what follows from texts alone, such as that of a reading as it was said: 120 bits of a hash of them."""
    digest = int.from_bytes(hashlib.sha256("\0".join(said).encode("utf-8", "replace")).digest())
    return f"{prefix}_" + "".join(ALPHABET[digest >> shift & 31] for shift in range(0, 120, 5))


def new_claim_code() -> str:
    """A code to be printed on a meter and typed by hand, such as `4K7Q-0X9V-2N8E`: 60 random bits, nobody guesses it."""
    return read_claim_code(_random())


def read_claim_code(typed: str) -> str:
    """A claim code as it is kept, whatever case, spaces and hyphens it was typed with; O reads as 0, I and L as 1."""
    letters = "".join(letter for letter in typed.lower().translate(_READ_AS) if letter.isalnum()).upper()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _random() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
