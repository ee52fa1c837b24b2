"""Storage behind an fsspec URL: object stores, and file servers that are treated like them.

What the backends do was measured: s3fs and adlfs pass a condition on to the store and tell a refusal in ways of their
own; s3fs asks a cache of listings before it reads; some servers ignore every condition. So every read is a `cat_file`
of the whole after `invalidate_cache`, nothing empty is ever created exclusively, and what a store promises is tried.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from igz_apply.inventory.storage import DOCUMENTS, LARGEST_NEIGHBOUR, Seen, not_looked_at, records_of
from igz_apply.values import dataclass

_OVERTAKEN = (404, 409, 412)  # it is gone, somebody is writing it at this moment, or it has another version
_NOT_FOUND = 404
_NOT_IMPLEMENTED = 501
_NO_VERSION = '"00000000000000000000000000000000"'


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a backend is asked to write an object only while it has a certain version."""

    version_key: str  # of the version, in what `info` returns
    answer_key: str  # and in what a write returns
    only_if: Callable[[str], Mapping[str, Any]]  # a version to the arguments of `pipe_file`


def s3_conditions() -> Conditions:
    """Return those of s3fs."""
    return Conditions("ETag", "ETag", lambda version: {"IfMatch": version})


def azure_conditions() -> Conditions:
    """Return those of adlfs."""
    from azure.core import MatchConditions

    return Conditions(
        "etag", "etag", lambda version: {"etag": version, "match_condition": MatchConditions.IfNotModified}
    )


class ObjectStorage:
    """An object and its neighbours. One put replaces an object whole.

    `conditions` None: the backend knows none; then a swap is a put, and whoever puts last wins. Buckets and folders are
    never created: one that a typing error names must not appear.
    """

    __slots__ = ("_conditions", "_filesystem", "_has_folders", "_is_tried", "_needs", "_path", "is_blind", "place")

    def __init__(
        self,
        filesystem: Any,
        path: str,
        place: str,
        *,
        conditions: Conditions | None = None,
        needs: str = "",
        has_folders: bool = False,
    ) -> None:
        """`needs` is the bucket or folder that has to be there, "" when that cannot be asked.

        With `has_folders` nothing can be put into a folder that is not there.
        """
        self.place = place
        self._filesystem = filesystem
        self._path = path
        self._conditions = conditions
        self._needs = needs
        self._has_folders = has_folders
        self._is_tried = False
        self.is_blind = False  # as far as it was tried

    def missing(self) -> str:
        """Return the bucket or folder that would have to be there and is not, "" when nothing is missing."""
        if not self._needs:
            return ""
        with as_os_error(self.place):
            self._filesystem.invalidate_cache()
            try:
                self._filesystem.info(self._needs)  # not `exists`, which takes any failure for a no
            except FileNotFoundError:
                return self._needs
            except PermissionError:
                return ""  # who may not look at the bucket may still use what is in it
            return ""

    def look(self, suffix: str = "") -> Seen:
        """Return the whole content and a version that is not younger: a swap by it fails rather than overwrites."""
        path = self._path + suffix
        with as_os_error(self.place):
            try:
                version = self._version(path)
                return Seen(self._read(path), version)
            except FileNotFoundError:
                return Seen(None)

    def replace(self, content: bytes, suffix: str = "") -> None:
        """Put the object."""
        with as_os_error(self.place):
            self._filesystem.pipe_file(self._path + suffix, content)

    def swap(self, content: bytes, seen: Seen, suffix: str = "") -> Seen | None:
        """Put the object if it is still what was seen, return what lies there then; None when it is not."""
        path = self._path + suffix
        with as_os_error(self.place):
            if self._conditions is None or (seen.content is not None and not seen.version):
                self.is_blind = True
                self._filesystem.pipe_file(path, content)
                return Seen(content)
            if seen.content is None:
                is_written, answer = self._put(path, content, mode="create")
            else:
                is_written, answer = self._put(path, content, **self._conditions.only_if(seen.version))
            return Seen(content, self._answered(answer, path)) if is_written else None

    def create(self, content: bytes, suffix: str) -> bool:
        """Put the object unless there is one; say whether it was put.

        Once it was, it is tried a second time: a store that puts it again will have put it over somebody else's too.
        """
        path = self._path + suffix
        with as_os_error(self.place):
            is_written, _ = self._put(path, content, mode="create")
            self.is_blind = self.is_blind or (is_written and self._put(path, content, mode="create")[0])
            return is_written

    def remove(self, suffix: str) -> None:
        """Delete the object; nothing happens when there is none."""
        with as_os_error(self.place), contextlib.suppress(FileNotFoundError):
            self._filesystem.rm_file(self._path + suffix)

    @contextmanager
    def guard(self) -> Iterator[bool]:
        """Guard nothing, and say so."""
        yield False

    def overwrites(self, content: bytes, suffix: str) -> bool:
        """Put the object on a condition that cannot hold: a store that keeps its word refuses."""
        if self._conditions is None:
            self.is_blind = True
            return False  # there is nothing to try; what it can do, `create` does
        if self._is_tried and not self.is_blind:
            return False
        with as_os_error(self.place):
            is_written, _ = self._put(self._path + suffix, content, **self._conditions.only_if(_NO_VERSION))
        self._is_tried, self.is_blind = True, self.is_blind or is_written
        return is_written

    def neighbours(self, most: int) -> Iterator[tuple[str, bytes | str]]:
        """Yield the other documents beside this one; one listing, then a read for each."""
        above, _, own = self._path.rpartition("/")
        with as_os_error(self.place):
            self._filesystem.invalidate_cache()
            listed = self._filesystem.ls(above, detail=True)
        paths = sorted(str(each["name"]) for each in listed if _is_document(each))
        others = [path for path in paths if path.rpartition("/")[2] != own]
        folder = self.place.rpartition("/")[0]
        for path in others[:most]:
            place = f"{folder}/{path.rpartition('/')[2]}"
            try:
                with as_os_error(place):
                    content = self._read(path)
            except OSError as error:
                yield place, f"cannot be read: {error}"
            else:
                yield place, content
        if left := others[most:]:
            yield folder, not_looked_at(len(left), most)

    def record(self, name: str) -> ObjectStorage:
        """Return the storage of one record, under the prefix of records beside the document."""
        path, place = (f"{_records(each)}/{name}{DOCUMENTS}" for each in (self._path, self.place))
        return ObjectStorage(
            self._filesystem,
            path,
            place,
            conditions=self._conditions,
            needs=self._needs,
            has_folders=self._has_folders,
        )

    def record_names(self) -> list[str]:
        """Return the names of the records there, sorted; one listing."""
        with as_os_error(self.place):
            self._filesystem.invalidate_cache()
            try:
                listed = self._filesystem.ls(_records(self._path), detail=False)
            except FileNotFoundError:
                return []
        names = (str(each).rpartition("/")[2] for each in listed)
        return sorted(name.removesuffix(DOCUMENTS) for name in names if name.endswith(DOCUMENTS))

    def create_whole(self, content: bytes) -> bool:
        """Put the object unless there is one; say whether it was put. A server of files gets the folder first.

        A store that knows no conditions is asked before: no two runs have the same name, so that nobody comes between.
        """
        with as_os_error(self.place):
            if self._conditions is None:
                self._filesystem.invalidate_cache()
                if self._filesystem.exists(self._path):
                    return False
            if self._has_folders:
                self._filesystem.makedirs(self._path.rpartition("/")[0], exist_ok=True)
            return self._put(self._path, content, mode="create")[0]

    def _read(self, path: str) -> bytes:
        self._filesystem.invalidate_cache()
        return bytes(self._filesystem.cat_file(path))

    def _version(self, path: str) -> str:
        if self._conditions is None:
            return ""
        self._filesystem.invalidate_cache()
        return str(self._filesystem.info(path).get(self._conditions.version_key) or "")

    def _answered(self, answer: Any, path: str) -> str:
        """Return the version that a write has made; where the answer does not tell, that which is there now."""
        told = answer.get(self._conditions.answer_key) if isinstance(answer, Mapping) and self._conditions else None
        return str(told) if told else self._version(path)

    def _put(self, path: str, content: bytes, **condition: Any) -> tuple[bool, Any]:
        """Put the object on a condition; return whether the store did, and its answer."""
        try:
            return True, self._filesystem.pipe_file(path, content, **condition)
        except (TypeError, NotImplementedError):  # a backend that knows no conditions
            return True, self._filesystem.pipe_file(path, content)
        except FileExistsError:
            return False, None
        except Exception as error:  # whatever the client library has raised: the status tells
            status = _status(error)
            if status == _NOT_IMPLEMENTED:  # a store that knows none
                return True, self._filesystem.pipe_file(path, content)
            if status not in _OVERTAKEN or (status == _NOT_FOUND and "mode" in condition):
                raise  # what is to be made new needs nothing to be there, but its bucket
            return False, None


def _records(path: str) -> str:
    above, slash, name = path.rpartition("/")
    return f"{above}{slash}{records_of(name)}"


def _is_document(listed: Mapping[str, Any]) -> bool:
    size = listed.get("size")
    is_small = not isinstance(size, int) or size <= LARGEST_NEIGHBOUR
    return listed.get("type") == "file" and str(listed["name"]).endswith(DOCUMENTS) and is_small


def _status(error: BaseException | None) -> int | None:
    """Return the HTTP status that an error, or what caused it, carries; None when there is none."""
    while error is not None:
        response = getattr(error, "response", None)
        status = getattr(error, "status_code", None)
        if isinstance(response, Mapping):
            status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", status)
        if isinstance(status, int):
            return status
        error = error.__cause__
    return None


@contextmanager
def as_os_error(place: str) -> Iterator[None]:
    """Let whatever a backend raises leave the block as an OSError."""
    try:
        yield
    except OSError:
        raise
    # Backends raise what their client libraries raise (botocore, google, azure, aiohttp), which share no other base.
    except Exception as error:
        raise OSError(f"{place}: {type(error).__name__}: {error}") from error
