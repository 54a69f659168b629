package dev.pushbridge

import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull

/**
 * Syncs in this process for as long as [scope] lives: at once when there is work, again when a wait is over, and twice
 * a day to see whether the server wants a refresh. For programs and tests; a phone's process does not live that long,
 * so Android has a scheduler of its own.
 */
public class InProcessScheduler(private val scope: CoroutineScope) : SyncScheduler {
    // Many wishes are one: the sync that follows tells everything.
    private val wishes = Channel<SyncTrigger>(Channel.CONFLATED)
    private val lock = Any()
    private var isRunning = false

    override fun schedule(push: Pushbridge) {
        start(push)
        wishes.trySend(SyncTrigger.CHANGE)
    }

    /** The network is back: ends a wait that only the network caused. */
    public fun networkIsBack() {
        wishes.trySend(SyncTrigger.NETWORK_BACK)
    }

    private fun start(push: Pushbridge) {
        synchronized(lock) {
            if (isRunning) return
            isRunning = true
        }
        scope.launch { run(push) }
    }

    private suspend fun run(push: Pushbridge) {
        var trigger = SyncTrigger.START
        while (true) {
            val wait = try {
                waitAfter(push.sync(DEADLINE, trigger))
            } catch (_: PushException.Closed) {
                return
            } catch (e: CancellationException) {
                throw e
            } catch (_: PushException) {
                AFTER_FAULT
            }
            trigger = withTimeoutOrNull(wait) { wishes.receive() } ?: SyncTrigger.SCHEDULED
        }
    }

    private fun waitAfter(outcome: SyncOutcome): Duration =
        if (outcome is SyncOutcome.Deferred) outcome.retryAfter.coerceAtLeast(1.seconds) else HEARTBEAT

    private companion object {
        val DEADLINE = 60.seconds
        val HEARTBEAT = 12.hours

        /** A full disk, a locked device: local faults mend themselves or not; asking costs no network. */
        val AFTER_FAULT = 60.seconds
    }
}
