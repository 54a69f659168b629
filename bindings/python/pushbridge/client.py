"""The class that an app holds. In: its calls. Out: calls of the core, and what the core asks of the platform."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ._generated import pushbridge_ffi as ffi

# A reset may follow from the answer to a sync, and its report wants another one.
_ROUNDS = 3


@dataclass(frozen=True)
class Registration:
    """What FCM calls this app instance. The value is as good as a key to its pushes: it is not printed."""

    kind: ffi.RegistrationKind
    value: str = field(repr=False)


class Platform(Protocol):
    """The platform's half. Either call may raise: the next sync asks again."""

    def current(self) -> Registration | None:
        """The present registration, if there is one."""

    def reset(self) -> Registration:
        """Makes the present registration useless and fetches a fresh one. Part of every logout."""


class _Credentials(ffi.CredentialsProvider):
    def __init__(self, proof: Callable[[str, bool], str | None]):
        self._proof = proof

    def request(self, user_id: str, force_refresh: bool, reply: ffi.CredentialReply) -> None:
        try:
            proof = self._proof(user_id, force_refresh)
        except BaseException:  # whatever it is, it must not cross the border; its text may quote a secret
            proof = None
        if proof is None:
            reply.none()
        else:
            reply.provide(proof)


class _Listener(ffi.PushListener):
    def __init__(self, on_status: Callable[[ffi.PushStatus], None] | None):
        self._on_status = on_status

    def on_effect(self, effect: ffi.PlatformEffect) -> None:
        """Nothing is lost: a reset stands in the status until the next sync has done it."""

    def on_status(self, status: ffi.PushStatus) -> None:
        if self._on_status is not None:
            try:
                self._on_status(status)
            except BaseException:  # as above
                pass


class Pushbridge:
    """One per process and store. What changes something is durable when it returns; `sync` tells the server.

    All methods may be called from any thread and raise `PushError` for local faults, `PushError.Closed` after `close`.
    """

    def __init__(self, core: ffi.PushCore, platform: Platform):
        self._core = core
        self._platform = platform
        self._has_pulled = False

    @classmethod
    def open(
        cls,
        base_url: str,
        app_id: str,
        store_dir: str,
        platform: Platform,
        proof: Callable[[str, bool], str | None],
        *,
        on_status: Callable[[ffi.PushStatus], None] | None = None,
        platform_name: str = "python",
        **options: object,
    ) -> Pushbridge:
        """Opens the store, or makes one; no network. `proof(user, force_refresh)` gives a JWT or None and is called on
        a thread of the core, as is `on_status`. `options`: `https_only`, `ca_pem`, `proxy`, `app_version`, …"""
        config = ffi.PushConfig(
            base_url=base_url,
            app_id=app_id,
            store_dir=store_dir,
            platform=ffi.Platform.OTHER(platform_name),
            **options,
        )
        return cls(ffi.PushCore.open(config, _Credentials(proof), _Listener(on_status)), platform)

    def on_registration(self, registration: Registration) -> ffi.Accepted:
        """The platform named its registration of its own accord."""
        return self._core.on_registration(registration.kind, registration.value)

    def on_registration_lost(self, kind: ffi.RegistrationKind) -> ffi.Accepted:
        """The platform has no registration of this kind any more."""
        return self._core.on_registration_lost(kind)

    def login(self, user_id: str) -> ffi.Accepted:
        """A person logged in; another one than before is a logout of the first."""
        return self._core.login(user_id)

    def logout(self) -> ffi.Accepted:
        """The person logged out. Needs neither network nor session; `snapshot().logout` says when it is done."""
        return self._core.logout()

    def set_permission(self, permission: ffi.Permission) -> ffi.Accepted:
        """Whether notifications may be shown."""
        return self._core.set_permission(permission)

    def set_attributes(
        self, tags: Iterable[str] | None = None, locale: str | None = None, timezone: str | None = None
    ) -> ffi.Accepted:
        """Something describing the device changed; None keeps what was."""
        tags = None if tags is None else list(tags)
        return self._core.set_attributes(ffi.AttributesUpdate(tags=tags, locale=locale, timezone=timezone))

    def credentials_changed(self) -> ffi.Accepted:
        """There may be a proof now. Wakes a core that said NEEDS_CREDENTIALS."""
        return self._core.credentials_changed()

    def on_message(self, data: Mapping[str, str]) -> ffi.MessageDisposition:
        """What to do with a data message. After SYNC or CHALLENGE, call `sync`."""
        return self._core.on_message(dict(data))

    def receipt(self, message_id: str, event: ffi.ReceiptEvent) -> ffi.Accepted:
        """Remembers what became of a message; sent in batches with a sync."""
        return self._core.receipt(message_id, event)

    async def sync(
        self, deadline_ms: int = 30_000, trigger: ffi.SyncTrigger = ffi.SyncTrigger.CHANGE
    ) -> ffi.SyncOutcome:
        """Tells the server what it does not know, and does what the core asks of the platform. A reset that the platform
        refuses stays in `snapshot().pending_reset` for the next sync."""
        outcome = None
        for _ in range(_ROUNDS):
            await asyncio.to_thread(self._ask_platform)
            outcome = await self._core.sync_now(deadline_ms, trigger)
            if self._core.snapshot().pending_reset is None:
                break
        return outcome

    def snapshot(self) -> ffi.PushStatus:
        """Where the core stands."""
        return self._core.snapshot()

    def diagnose(self) -> ffi.Diagnosis:
        """What stands between this device and its pushes. Asks nobody."""
        return self._core.diagnose()

    def pause(self) -> None:
        """Closes the store before the process is suspended. Other calls still work: each opens it for itself."""
        self._core.pause()

    def resume(self) -> None:
        """Opens the store again."""
        self._core.resume()

    async def close(self, drain_ms: int = 5_000) -> None:
        """Waits at most that long for what is under way, then closes the store. May be called twice."""
        await self._core.shutdown(drain_ms)

    def _ask_platform(self) -> None:
        """One turn: the reset that is owed, or the pull of this process. What fails is asked again by the next sync."""
        reset = self._core.snapshot().pending_reset
        if reset is None and self._has_pulled:
            return
        pull = self._core.begin_pull()  # before the question: an answer that something newer overtakes is dropped
        try:
            named = self._platform.current() if reset is None else self._platform.reset()
        except Exception:
            return
        if named is None:
            return
        if reset is None:
            self._core.on_registration(named.kind, named.value, pull)
        else:
            self._core.reset_done(reset, named.kind, named.value)
        self._has_pulled = True
