"""The mail that a report by the clock goes out with, in its reader's language."""

from config.language import _
from reporting.document import Document

SIGNATURE = "Loadstar"


def subject(document: Document) -> str:
    """One line: what of, and when."""
    return " ".join(f"{document.subject}: {document.period}".split())


def text(document: Document, link: str, leave: str) -> str:
    """What it says in short, where the report is kept, and how to get no more of them."""
    paragraphs = [
        " ".join(document.answer),
        _("The report is attached, and kept here with all of its numbers: %(link)s", link=link),
        _("You get it because it is made for you by the clock. To get no more of them, choose so here: %(link)s", link=leave),
    ]
    return "\n\n".join(paragraphs) + f"\n\n-- \n{SIGNATURE}\n"


def file_name(document: Document) -> str:
    """What the PDF is called: letters, digits and hyphens alone, which every computer takes."""
    said = f"{document.subject} {document.period}"
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in said).split()
    return f"{'-'.join(words).lower() or 'report'}.pdf"
