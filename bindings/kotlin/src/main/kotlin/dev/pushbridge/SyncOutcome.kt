package dev.pushbridge

import kotlin.time.Duration

/** A call was taken in; what it says is durable. */
public class Accepted internal constructor(
    /** Whether anything is different now. */
    public val changed: Boolean,
    /** Whether a sync is needed; the [SyncScheduler] was told. */
    public val workNeeded: Boolean,
) {
    override fun toString(): String = "Accepted(changed=$changed, workNeeded=$workNeeded)"
}

/** Why a sync is asked for. */
public enum class SyncTrigger {
    /** The process started. */
    START,

    /** A call answered [Accepted.workNeeded]. */
    CHANGE,

    /** A scheduler's turn. */
    SCHEDULED,

    /** The app came to the foreground. Ends a wait that only the network caused. */
    FOREGROUND,

    /** The network is back. Ends a wait that only the network caused. */
    NETWORK_BACK,
}

/** How a sync ended. A scheduler maps it to done, later or never. */
public sealed class SyncOutcome {
    /** Nothing was to be told. */
    public object UpToDate : SyncOutcome()

    /** The server acknowledged everything. */
    public class Delivered internal constructor(public val revision: Long) : SyncOutcome()

    /** Later, but not before [retryAfter]. */
    public class Deferred internal constructor(
        public val retryAfter: Duration,
        public val cause: DeferCause,
    ) : SyncOutcome()

    /** Everything but the user is with the server: call [Pushbridge.credentialsChanged] when there is a proof. */
    public object NeedsCredentials : SyncOutcome()

    /** Nothing is sent before the platform's fresh registration is reported. */
    public object AwaitingAddress : SyncOutcome()

    /** The server refused for good; [code] is its stable problem code. A change, or a day, tries again. */
    public class Rejected internal constructor(public val code: String) : SyncOutcome()

    /** The core is paused. */
    public object Paused : SyncOutcome()

    override fun toString(): String = when (this) {
        is Delivered -> "Delivered(revision=$revision)"
        is Deferred -> "Deferred(retryAfter=$retryAfter, cause=$cause)"
        is Rejected -> "Rejected(code=$code)"
        else -> javaClass.simpleName
    }
}

/** Why nothing was acknowledged. */
public enum class DeferCause {
    /** No connection, or it broke. */
    OFFLINE,

    /** The request took too long. */
    TIMEOUT,

    /** The server's certificate was not accepted. Often a wrong clock or a captive portal. */
    TLS,

    /** Something answered that is not the server: a captive portal, a proxy, a redirect. */
    NOT_THE_SERVER,

    /** The server asked to wait, or failed. */
    SERVER,

    /** The caller's deadline passed first. What is under way goes on. */
    DEADLINE,

    /** The state kept changing, or the server kept asking. */
    UNSETTLED,

    /** The [PushPlatform] could not be reset: the server knows of the logout, the old registration still exists. */
    PLATFORM,
}
