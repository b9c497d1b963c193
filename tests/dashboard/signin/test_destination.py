"""Signing in never sends anybody to another site."""

import pytest

from dashboard.signin import destination


@pytest.mark.parametrize("wanted", ["/", "/site/sit_1/overview", "/admin/users?q=a%20b", "/account"])
def test_our_own_pages_are_kept(wanted: str) -> None:
    assert destination.safe(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "account",
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%5Cevil.example",
        "/%2Fevil.example",
        "/\t/evil.example",
        "/%09/evil.example",
        " //evil.example",
        "/\n//evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "//[::1",
        "/sign-out",
        "/sign-in?next=/",
        "/_dash-layout",
        "/" + "a" * 3000,
    ],
)
def test_everything_else_lands_on_the_first_page(wanted: str | None) -> None:
    assert destination.safe(wanted) == "/"
