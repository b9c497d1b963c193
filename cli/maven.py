"""What a Maven repository has, found by a resolver library; a download that broke off goes on where it was.

Imported only where something is to be fetched: the library costs 0.3 s to import.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus
from pathlib import Path

from jgo.maven import Artifact, MavenContext, PythonResolver
from jgo.util import http

CHUNK_BYTES = 65_536

# Receives a file name and its size in bytes; yields a function that is told how many have come.
Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


def artifact(group: str, name: str, version: str, folder: Path, mirror: str | None, progress: Progress | None) -> Artifact:
    """A file of the mirror, or of Maven Central; its `resolve` fetches it into `folder` unless it is there."""
    context = MavenContext(
        resolver=_Onward(folder, progress),
        repo_cache=folder,
        local_repos=[],
        remote_repos={"mirror": mirror} if mirror else None,
    )
    return context.project(group, name).at_version(version).artifact()


class _Onward(PythonResolver):
    """Keeps what has come of a file beside it, and asks for the rest; only what came to its end bears the file's name."""

    def __init__(self, folder: Path, progress: Progress | None) -> None:
        super().__init__()
        self._folder = folder
        self._progress: Progress = progress or (lambda *_: nullcontext(lambda _: None))

    def download(self, artifact: Artifact) -> Path:
        """Fetch it from the first repository that has it.

        Raises:
            RuntimeError: none has it.
            requests.RequestException: the network is not there, or goes away.
        """
        for repository in artifact.context.remote_repos.values():
            path = artifact.component.path_prefix
            whole = self._folder / path / artifact.filename
            if self._fetch(f"{repository}/{path.as_posix()}/{artifact.filename}", whole, artifact.context.timeout):
                return whole
        raise RuntimeError(f"{artifact.filename} is in none of {', '.join(artifact.context.remote_repos.values())}")

    def _fetch(self, url: str, whole: Path, timeout_s: float) -> bool:
        """Whether the address has the file, which is `whole` then. It may be another one than that which was begun."""
        part = whole.with_suffix(".part")
        part.parent.mkdir(parents=True, exist_ok=True)
        come = part.stat().st_size if part.exists() else 0
        asked = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={come}-"} if come else {})
        with http.get(url, stream=True, timeout=timeout_s, headers=asked) as answer:
            if answer.ok:
                come = come if answer.status_code == HTTPStatus.PARTIAL_CONTENT else 0
                size = come + int(answer.headers.get("Content-Length", 0))
                with self._progress(whole.name, size) as more, part.open("ab" if come else "wb") as file:
                    more(come)
                    for chunk in answer.iter_content(CHUNK_BYTES):
                        file.write(chunk)
                        more(len(chunk))
            elif answer.status_code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # which is: no more than has come
                return False
        part.replace(whole)
        return True
