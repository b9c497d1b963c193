"""The words of a PDF as its readers take them out of it: by its own maps from glyphs to letters (ISO 32000-1, 9.10)."""

import re
import zlib

Objects = dict[int, bytes]

OBJECT = re.compile(rb"\n(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
# A font that is chosen, a string of glyphs, words that stand for the glyphs which follow, and where these end.
SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|\(((?:[^\\()]|\\.)*)\)|/ActualText<FEFF([0-9A-F]*)>|(\nEMC)", re.DOTALL)
ESCAPED = re.compile(rb"\\(\d{3}|.)", re.DOTALL)
CONTROLS = {b"n": 10, b"r": 13, b"t": 9, b"b": 8, b"f": 12}


def text_of(pdf: bytes) -> str:
    """All of it, page after page; spaces of any width are plain ones, and cells of a table follow each other without any."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    pages = [each for each in objects.values() if each.startswith(b"<</Type/Page/")]
    return " ".join(" ".join("".join(_page(objects, page)).split()) for page in pages)


def _page(objects: Objects, page: bytes) -> list[str]:
    fonts = re.findall(rb"/(f\d+) (\d+) 0 R", _behind(objects, page, b"Resources"))
    letters = {name: _letters(_stream(_behind(objects, objects[int(font)], b"ToUnicode"))) for name, font in fonts}
    said, font, instead = list[str](), dict[int, str](), False
    for name, glyphs, actual, end in SHOWN.findall(_stream(_behind(objects, page, b"Contents"))):
        if name:
            font = letters[name]
        elif actual:
            said.append(bytes.fromhex(actual.decode()).decode("utf-16-be"))
            instead = True
        elif end:
            instead = False
        elif not instead:
            plain = ESCAPED.sub(_unescaped, glyphs)
            said += [font.get(int.from_bytes(plain[at : at + 2]), "") for at in range(0, len(plain), 2)]
    return said


def _unescaped(found: re.Match[bytes]) -> bytes:
    said = found[1]
    return bytes([int(said, 8) if len(said) == 3 else CONTROLS.get(said, said[0])])


def _letters(cmap: bytes) -> dict[int, str]:
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", cmap)
    return {int(glyph, 16): bytes.fromhex(letters.decode()).decode("utf-16-be") for glyph, letters in pairs}


def _behind(objects: Objects, of: bytes, name: bytes) -> bytes:
    found = re.search(rb"/%s (\d+) 0 R" % name, of)
    assert found is not None, f"no {name!r} in {of[:80]!r}"
    return objects[int(found[1])]


def _stream(of: bytes) -> bytes:
    found = STREAM.search(of)
    assert found is not None, f"no stream in {of[:80]!r}"
    return zlib.decompress(found[1])
