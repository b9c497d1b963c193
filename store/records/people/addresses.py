"""What an email address is: one way to write each, so that no mailbox has many addresses and no address names two.

A dot-atom and a host name (RFC 5321, 4.1.2) in lower case and ASCII, without comments, quotes or literals. Whether the
mailbox exists is for a mail to find out.
"""

import re

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


def is_address(text: str) -> bool:
    """Whether a text is an address as it is kept."""
    return _ADDRESS.fullmatch(text) is not None
