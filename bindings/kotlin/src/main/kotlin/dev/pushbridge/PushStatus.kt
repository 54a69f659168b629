package dev.pushbridge

/** Where the core stands. Holds no secret. Times are milliseconds since 1970 by this machine's clock. */
public class PushStatus internal constructor(
    /** This installation. */
    public val installationId: String,
    /** Its desired revision; none while there is nothing to tell. */
    public val revision: Long?,
    /** The revision that the server acknowledged last. */
    public val ackedRevision: Long?,
    /** The registration, if there is one. */
    public val address: AddressStatus?,
    /** Who is logged in. */
    public val login: LoginState,
    /** Where the last logout stands. */
    public val logout: LogoutState,
    /** Whether the platform still owes a fresh registration. */
    public val resetPending: Boolean,
    /** What a sync would do now. */
    public val sync: SyncState,
    /** When the server last gave an answer that counts. */
    public val lastAnswerAtMs: Long?,
    /** When the server wants to hear again even if nothing changes. */
    public val refreshAtMs: Long?,
    /** Set when the store had to be made anew at this start. */
    public val recovered: Recovery?,
    /** Whether [Pushbridge.pause] was called. */
    public val paused: Boolean,
) {
    override fun toString(): String =
        "PushStatus(revision=$revision, ackedRevision=$ackedRevision, address=$address, login=$login, " +
            "logout=$logout, resetPending=$resetPending, sync=$sync, recovered=$recovered, paused=$paused)"
}

/** The registration, without its value. */
public class AddressStatus internal constructor(
    /** Its kind. */
    public val kind: RegistrationKind,
    /** First 8 hex digits of its SHA-256: to recognise it in the server's event log. */
    public val fingerprint: String,
    /** When it was first reported. */
    public val sinceMs: Long?,
    /** What the server said of it last, in the protocol's words: `live`, `contested`, … None before the first answer. */
    public val state: String?,
) {
    override fun toString(): String = "AddressStatus(kind=$kind, fingerprint=$fingerprint, state=$state)"
}

/** Who is logged in. */
public sealed class LoginState {
    /** Nobody; [reason] if it was not the app's doing. */
    public class LoggedOut internal constructor(public val reason: LoggedOutReason?) : LoginState()

    /** Somebody; [bound] once the server has bound this login. */
    public class LoggedIn internal constructor(public val bound: Boolean) : LoginState()

    override fun toString(): String = when (this) {
        is LoggedOut -> "LoggedOut(reason=$reason)"
        is LoggedIn -> "LoggedIn(bound=$bound)"
    }
}

/** Why nobody is logged in any more although the app did not log out. */
public sealed class LoggedOutReason {
    /** The server ended this login for good; [reason] in the protocol's words: `policy_single`, `revoked`, … */
    public class Evicted internal constructor(public val reason: String?) : LoggedOutReason() {
        override fun equals(other: Any?): Boolean = other is Evicted && other.reason == reason

        override fun hashCode(): Int = reason.hashCode()
    }

    /** Another phone uses a copy of this store. */
    public object Cloned : LoggedOutReason()

    /** The store was lost and made anew, or is a restored copy. */
    public object StoreLost : LoggedOutReason()

    override fun toString(): String = if (this is Evicted) "Evicted(reason=$reason)" else javaClass.simpleName
}

/** Where the last logout stands. */
public enum class LogoutState {
    /** There was none since the store was made. */
    NONE,

    /** The server may still reach this phone by an address of before. */
    PENDING,

    /** Done, and nothing for the user who left was on the wire any more. */
    DONE,

    /** Done, but a push for the user who left may have been on the wire. */
    DONE_WALL_OPEN,
}

/** What a sync would do now. */
public sealed class SyncState {
    /** Nothing. */
    public object UpToDate : SyncState()

    /** Ask the server. */
    public object Pending : SyncState()

    /** Wait until [untilMs]. */
    public class Waiting internal constructor(public val untilMs: Long, public val cause: DeferCause) : SyncState()

    /** Wait for the platform's fresh registration. */
    public object AwaitingAddress : SyncState()

    /** Wait for credentials. */
    public object NeedsCredentials : SyncState()

    /** The server refused for good. */
    public class Rejected internal constructor(public val code: String) : SyncState()

    override fun toString(): String = when (this) {
        is Waiting -> "Waiting(cause=$cause)"
        is Rejected -> "Rejected(code=$code)"
        else -> javaClass.simpleName
    }
}

/** Why the store is not the one that the last process left. */
public enum class Recovery {
    /** It was damaged, or its file was gone. */
    DAMAGED,

    /** A newer version of the core wrote it. */
    NEWER_SCHEMA,

    /** It is a copy that a backup brought here. */
    RESTORED,
}
