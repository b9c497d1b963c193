"""A template of topics says what it means, or is refused."""

import pytest

from models import topic_template


@pytest.mark.parametrize("given", ["plant/x{building}/y", "plant/+/power", "{a}/{a}", "?when=t", "?time=t&precision=m"])
def test_a_template_that_means_nothing_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        topic_template.read(given)
