"""Notifications, wired: whom the config names, what the environment says of them, and where is kept what was told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from igz_apply.cli.pins import notifications_of
from igz_apply.cli.run_facts import facts_of
from igz_apply.errors import COULD_NOT, IgzApplyError, InvalidInput
from igz_apply.inventory.places import storage_at
from igz_apply.inventory.store import Beside
from igz_apply.local.files import Files
from igz_apply.manifests.config import Config, config_document
from igz_apply.manifests.config_reconcile import GIVEN
from igz_apply.model.addresses import Source
from igz_apply.model.problems import Problem
from igz_apply.model.reconciling import Notification
from igz_apply.model.rounds import Round
from igz_apply.model.urls import without_credentials
from igz_apply.notifying.notifier import Notifier, try_all
from igz_apply.notifying.receivers import Receiver, receivers_of
from igz_apply.wording.news_words import Place

TOLD = ".told"
"""What the name of the document beside the inventory ends with that says what was told."""


class Notifying:
    """The watcher of rounds that notifies; whom it tells follows the config."""

    def __init__(self, environ: Mapping[str, str], inventory: Callable[[], str], repo: str = "") -> None:
        """`inventory` says where it lies; `repo` is the repository that the command line names, "" for none."""
        self._environ = environ
        self._repo = repo or environ.get("IGZ_REPO", "")
        self._config = Config()
        self._stated: tuple[Notification, ...] = ()
        self._notifier = Notifier((), self._place, environ, _Told(inventory))

    @property
    def notifier(self) -> Notifier:
        """The watcher."""
        return self._notifier

    def secrets(self) -> Iterator[str]:
        """Yield addresses and keys of whom it tells."""
        for receiver in self._notifier.tallies:
            yield from (receiver.url, receiver.key.decode("utf-8", "surrogateescape"))

    def learn(self, config: Config) -> None:
        """Tell whom the config names from now on.

        Raises InvalidInput where a variable is missing or unusable, or the config may not say whom to tell.
        """
        self._config = config
        stated = notifications_of(self._environ, config)
        if stated != self._stated:
            self._notifier.tell(receivers_in(config, self._environ))
            self._stated = stated

    def _place(self, round_: Round) -> Place:
        stated = self._config.reconciling.repository if self._config.reconciling is not None else None
        repo = self._repo or (stated.url if stated is not None else "")
        return place_of(self._config, self._environ, commit_url(repo, round_.revision.commit))


class _Told:
    """The document beside the inventory."""

    def __init__(self, inventory: Callable[[], str]) -> None:
        self._inventory = inventory

    def read(self) -> bytes | None:
        return self._beside().read()

    def write(self, content: bytes) -> None:
        self._beside().write(content)

    def _beside(self) -> Beside:
        try:
            return Beside(storage_at(self._inventory(), Files()), TOLD)
        except IgzApplyError as error:
            raise OSError(str(error)) from error


def receivers_in(config: Config, environ: Mapping[str, str]) -> tuple[Receiver, ...]:
    """Return whom a config names, or IGZ_NOTIFY in its place. Raises InvalidInput, at the place in the config."""
    stated = notifications_of(environ, config)
    is_given = bool(environ.get(GIVEN, "").strip())
    return receivers_of(stated, environ, lambda index, key: None if is_given else _source(config, index, key))


def try_notifications(config: Config, environ: Mapping[str, str], say: Callable[[str], None]) -> int:
    """Send each receiver a trial message, say what became of it, and return the exit code. Raises InvalidInput."""
    receivers = receivers_in(config, environ)
    if not receivers:
        hint = "Name whom to tell in the config: `notify: [{url_env: IGZ_SLACK_URL, shape: slack}]`."
        detail = "Neither `reconcile.notify` of the config nor IGZ_NOTIFY names anybody."
        raise InvalidInput([Problem("Missing webhook", detail, hint)])
    found = try_all(receivers, place_of(config, environ), environ)
    for receiver, delivered in found:
        say(f"{receiver} {f'did not arrive: {delivered.why}' if delivered.why else 'arrived'}")
    return COULD_NOT if any(delivered.why for _, delivered in found) else 0


def place_of(config: Config, environ: Mapping[str, str], commit: str = "") -> Place:
    """Return what messages are about; `commit` is where that is shown, "" for nowhere."""
    links = {"job": facts_of(environ, config.target, "reconcile").ci_url, "commit": commit}
    cluster = without_credentials(environ.get("IGZ_ENDPOINT") or config.endpoint or "")
    return Place(config.target, cluster, {name: url for name, url in links.items() if url})


def commit_url(repo: str, commit: str) -> str:
    """Return where a host that is known to show commits shows one, "" elsewhere."""
    url = without_credentials(repo).removesuffix("/").removesuffix(".git")
    host = url.removeprefix("https://").partition("/")[0]
    is_known = url.startswith("https://") and any(name in host for name in ("github", "gitlab"))
    return f"{url}/commit/{commit}" if is_known and commit else ""


def _source(config: Config, index: int, key: str) -> Source | None:
    document = config_document(config)
    if document is None:
        return None
    path: Sequence[str | int] = ("reconcile", "notify", index, key)
    targets = document.data.get("targets", {})
    if "notify" in targets.get(config.target, {}).get("reconcile", {}):
        path = ("targets", config.target, *path)
    return document.positions.value(tuple(path))
