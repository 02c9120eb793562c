"""The management API as commands speak to it. Whether it is reached over HTTP or in this process, they cannot tell.

`httpx` is imported when a client is made: commands that need none start without it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.parse import quote

from berth.words.errors import FieldInvalid, Unauthenticated

if TYPE_CHECKING:
    import httpx

PREFIX = "/api/v1"
ADVISORIES = "/advisories"
PAGE = 200
BYTES = "application/octet-stream"
PIECE = 1 << 20
LINE = 300
"""The most that is shown of an answer that is no problem document."""

EXITS = {400: 2, 413: 2, 415: 2, 428: 2, 404: 3, 405: 3, 409: 4, 412: 4, 401: 5, 403: 5, 429: 5, 423: 6}
"""Exit codes by the status of an answer; 1 is everything else."""

JSON = Any  # JSON values
Facts = dict[str, JSON]


class Refused(Exception):
    """The API said no, or nothing at all."""

    def __init__(self, message: str, exit_code: int = 1, *, status: int = 0, problem: Facts | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.status = status
        self.problem = problem or {}


class Remote:
    """One connection to a management API. Paths begin below `/api/v1`."""

    def __init__(self, client: "httpx.Client", where: str, *, work: Callable[[], bool] | None = None) -> None:
        self.where = where
        """For messages: what it speaks to."""
        self.work = work
        """Does one background job, where there may be no worker to do it; false when there is none to do."""
        self._client = client

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str, **query: JSON) -> JSON:
        return self._ask("GET", path, query=query)

    def every(self, path: str, *, limit: int | None = None, **query: JSON) -> list[Facts]:
        """The rows of a list, over all its pages, or no more than the limit."""
        rows: list[Facts] = []
        for row in self.each(path, size=min(PAGE, limit or PAGE), **query):
            rows.append(row)
            if len(rows) == limit:
                break
        return rows

    def each(self, path: str, *, size: int = PAGE, **query: JSON) -> Iterator[Facts]:
        """The rows of a list, one page in memory at a time."""
        page = self.get(path, limit=size, **query)
        yield from page["items"]
        while page["next"] is not None:
            page = self.get(path, limit=size, **query, cursor=page["next"])
            yield from page["items"]

    def post(self, path: str, given: Mapping[str, JSON]) -> JSON:
        return self._ask("POST", path, given=given)

    def upload(self, path: str, file: IO[bytes], **query: JSON) -> JSON:
        """Send a file as it is, piece by piece."""
        return self._ask("POST", path, query=query, headers={"Content-Type": BYTES}, content=_pieces(file))

    def put(self, path: str, given: Mapping[str, JSON]) -> JSON:
        return self._ask("PUT", path, given=given)

    def patch(self, path: str, given: Mapping[str, JSON], *, version: int | None = None) -> JSON:
        """Change what is given, of this version, or of whatever is there: most commands build on nothing they read."""
        match = "*" if version is None else f'"{version}"'
        return self._ask("PATCH", path, given=given, headers={"If-Match": match})

    def delete(self, path: str, **query: JSON) -> JSON:
        return self._ask("DELETE", path, query=query)

    def pieces(self, path: str, **query: JSON) -> Iterator[bytes]:
        """An answer as it is, piece by piece."""
        import httpx  # noqa: PLC0415  see above

        try:
            with self._client.stream("GET", PREFIX + path, params=told(query)) as answer:
                if answer.is_error:
                    answer.read()
                    raise _refused(answer)
                yield from answer.iter_bytes()
        except httpx.TransportError as error:
            raise self._out_of_reach(error) from None

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, JSON] | None = None,
        given: Mapping[str, JSON] | None = None,
        headers: Mapping[str, str] | None = None,
        content: Iterator[bytes] | None = None,
    ) -> JSON:
        import httpx  # noqa: PLC0415  see above

        try:
            answer = self._client.request(
                method, PREFIX + path, params=told(query or {}), json=given, content=content, headers=headers
            )
        except httpx.TransportError as error:
            raise self._out_of_reach(error) from None
        if not answer.is_success:
            raise _refused(answer)
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError:
            raise Refused(f"{self.where} does not answer like Berth") from None

    def _out_of_reach(self, error: Exception) -> Refused:
        return Refused(f"{self.where} is out of reach: {error or type(error).__name__}")


def path(*steps: str) -> str:
    """An address from its steps. Raises `FieldInvalid` for one that would lead elsewhere."""
    for step in steps:
        if step in ("", ".", "..", "-") or "/" in step:
            raise FieldInvalid("name", f"{step!r} is no name")
    return "".join(f"/{quote(step, safe='', errors='surrogateescape')}" for step in steps)


def at(url: str, name: str | None, secret: str) -> Remote:
    """The API of a server, for somebody with a name or key."""
    import httpx  # noqa: PLC0415  see above

    if name is None:
        raise Refused(f"{url}: {Unauthenticated()}; `berth login` fetches a key", 5)
    client = httpx.Client(
        base_url=url, auth=httpx.BasicAuth(name, secret), timeout=httpx.Timeout(60, read=600), follow_redirects=False
    )
    return Remote(client, url)


def told(given: Mapping[str, JSON]) -> Facts:
    """Without what was not said."""
    return {name: value for name, value in given.items() if value is not None}


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _refused(answer: "httpx.Response") -> Refused:
    """A sentence for whoever typed the command; the API's sentences name the field that is wrong."""
    code = EXITS.get(answer.status_code, 1)
    try:
        problem = json.loads(answer.text)
        detail = " ".join(str(problem["detail"]).split())
    except (ValueError, TypeError, LookupError):
        said = " ".join(answer.text.split())[:LINE]
        return Refused(f"the server answered {answer.status_code}: {said}", code, status=answer.status_code)
    return Refused(detail, code, status=answer.status_code, problem=problem)
