package dev.pushbridge

import dev.pushbridge.ffi.AttributesUpdate
import dev.pushbridge.ffi.PushCore
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.flow.map
import dev.pushbridge.ffi.MessageDisposition as CoreDisposition

/**
 * Keeps the server's idea of this phone equal to the truth: which registration it has, who is logged in.
 *
 * One per process and store. Functions that change something are durable when they return and touch no network;
 * the [SyncScheduler] then runs [sync]. All may be called from any thread. Every function throws [PushException] for
 * local faults, and [PushException.Closed] after [close].
 */
public class Pushbridge private constructor(
    private val core: PushCore,
    private val turn: PlatformTurn,
    private val listener: ListenerBridge,
    private val scheduler: SyncScheduler,
    private val scope: CoroutineScope,
    initial: PushStatus,
) {
    init {
        listener.status.compareAndSet(null, initial)
    }

    /** Where the core stands, now and whenever it changes. */
    public val status: Flow<PushStatus> = listener.status.filterNotNull()

    /**
     * Why nobody is logged in any more although the app did not log out: show the login page. Told to everyone who
     * collects, again after a restart, until the app logs in or out.
     */
    public val loggedOut: Flow<LoggedOutReason> =
        status.map { (it.login as? LoginState.LoggedOut)?.reason }.distinctUntilChanged().filterNotNull()

    /** The platform called of its own accord: `onNewToken`, `onRegistered`. */
    public fun onRegistration(registration: Registration): Accepted =
        accept { core.onRegistration(registration.kind.toCore(), registration.value, null) }

    /** The platform has no registration of this kind any more: `onUnregistered`. */
    public fun onRegistrationLost(kind: RegistrationKind): Accepted = accept { core.onRegistrationLost(kind.toCore()) }

    /** A person logged in. The same one again changes nothing; another one is a logout of the first. */
    public fun login(userId: String): Accepted = accept { core.login(userId) }

    /** The person logged out. Needs neither network nor session; [PushStatus.logout] says when it is done. */
    public fun logout(): Accepted = accept { core.logout() }

    /** The person answered the question for notifications, or changed the answer in the settings. */
    public fun setPermission(permission: Permission): Accepted = accept { core.setPermission(permission.toCore()) }

    /** Something describing the phone changed. What is null stays as it was. */
    public fun setAttributes(
        tags: Collection<String>? = null,
        locale: String? = null,
        timezone: String? = null,
    ): Accepted = accept { core.setAttributes(AttributesUpdate(tags?.toList(), locale, timezone)) }

    /** The app can prove again who is logged in. Wakes a core that said [SyncOutcome.NeedsCredentials]. */
    public fun credentialsChanged(): Accepted = accept { core.credentialsChanged() }

    /** A data message arrived; says what to do with it. Hand over every one: some are the server's own. */
    public fun onMessage(data: Map<String, String>): MessageDisposition =
        when (val said = fromCore { core.onMessage(data) }) {
            is CoreDisposition.Deliver -> MessageDisposition.Deliver(said.messageId)
            is CoreDisposition.DropForeignLogin -> MessageDisposition.DropForeignLogin
            is CoreDisposition.Ignore -> MessageDisposition.Handled
            is CoreDisposition.Sync, is CoreDisposition.Challenge -> {
                scheduler.schedule(this)
                MessageDisposition.Handled
            }
        }

    /** Remembers what became of a message; sent in batches with a sync. */
    public fun receipt(messageId: String, event: ReceiptEvent): Accepted =
        accept { core.receipt(messageId, event.toCore()) }

    /**
     * Tells the server what it does not know yet, and does what the core asks of the platform. Calls at the same time
     * share one run; cancelling one tears nothing, and what is under way at [deadline] goes on.
     */
    public suspend fun sync(
        deadline: Duration = 30.seconds,
        trigger: SyncTrigger = SyncTrigger.CHANGE,
    ): SyncOutcome {
        val end = TimeSource.Monotonic.markNow() + deadline
        var outcome: SyncOutcome = SyncOutcome.AwaitingAddress
        repeat(ROUNDS) {
            turn.take()
            val left = (-end.elapsedNow()).coerceAtLeast(0.milliseconds)
            outcome = fromCore { core.syncNow(left.asCoreMs, trigger.toCore()) }.toPublic()
            if (!owesReset()) return outcome
        }
        // The server knows what it can know; a reset that the platform refuses is tried again later.
        return if (outcome is SyncOutcome.Deferred) outcome else SyncOutcome.Deferred(RESET_RETRY, DeferCause.PLATFORM)
    }

    /** Where the core stands. */
    public fun snapshot(): PushStatus = fromCore { core.snapshot() }.toPublic()

    /** The device doctor: what stands between this phone and its pushes. Asks nobody. */
    public fun diagnose(): Diagnosis = fromCore { core.diagnose() }.toPublic()

    /** Closes the store before the process is suspended. Other calls still work: each opens it for itself. */
    public fun pause(): Unit = fromCore { core.pause() }

    /** Opens the store again. */
    public fun resume(): Unit = fromCore { core.resume() }

    /** Waits at most [drain] for what is under way, then closes the store. May be called twice. */
    public suspend fun close(drain: Duration = 5.seconds) {
        fromCore { core.shutdown(drain.asCoreMs) }
        scope.cancel()
    }

    private fun owesReset(): Boolean = fromCore { core.snapshot() }.pendingReset != null

    private inline fun accept(call: () -> dev.pushbridge.ffi.Accepted): Accepted {
        val accepted = fromCore(call).toPublic()
        if (accepted.workNeeded) scheduler.schedule(this)
        return accepted
    }

    public companion object {
        /** A reset may follow from the answer to a sync, and its report wants another one. */
        private const val ROUNDS = 3
        private val RESET_RETRY = 30.seconds

        /**
         * Opens the store, or makes one, and asks [scheduler] for a first sync. No network.
         *
         * @param credentials proves who is logged in; one that answers null is enough in identity mode `trusted`.
         */
        @JvmStatic
        @JvmOverloads
        public fun open(
            config: PushbridgeConfig,
            platform: PushPlatform,
            credentials: CredentialsProvider,
            scheduler: SyncScheduler = SyncScheduler.Manual,
        ): Pushbridge {
            // A bug in a provider must not end the app; what it should have answered counts as no answer.
            val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO + CoroutineExceptionHandler { _, _ -> })
            val opened = AtomicReference<Pushbridge?>() // set after callbacks may begin; open itself schedules once
            val listener = ListenerBridge { opened.get()?.let(scheduler::schedule) }
            val bridge = CredentialsBridge(credentials, scope, config.credentialsTimeout)
            val core = fromCore { PushCore.open(config.toCore(), bridge, listener) }
            val turn = PlatformTurn(core, platform, config.platformTimeout)
            val push = Pushbridge(core, turn, listener, scheduler, scope, fromCore { core.snapshot() }.toPublic())
            opened.set(push)
            scheduler.schedule(push)
            return push
        }
    }
}
