"""Pushbridge's phone core for Python: for tests, tools and devices that are no phones.

In: registrations, logins, data messages. Out: one idempotent PUT of the whole desired state. The classes come from the
generated half in `_generated`, which `generate.sh` writes; `Pushbridge` is written by hand and is what to use::

    push = Pushbridge.open("https://push.example.com", "shop", "/var/lib/shop/push", platform, proof)
    push.login("42")
    await push.sync()
"""

from ._generated.pushbridge_ffi import (
    Accepted,
    DeferCause,
    Diagnosis,
    Finding,
    LoggedOutReason,
    LoginState,
    LogoutState,
    MessageDisposition,
    Permission,
    PushError,
    PushStatus,
    ReceiptEvent,
    RegistrationKind,
    SyncOutcome,
    SyncState,
    SyncTrigger,
    core_version,
)
from .client import Platform, Pushbridge, Registration

__all__ = [
    "Accepted", "DeferCause", "Diagnosis", "Finding", "LoggedOutReason", "LoginState", "LogoutState",
    "MessageDisposition", "Permission", "Platform", "PushError", "PushStatus", "Pushbridge", "ReceiptEvent",
    "Registration", "RegistrationKind", "SyncOutcome", "SyncState", "SyncTrigger", "core_version",
]
