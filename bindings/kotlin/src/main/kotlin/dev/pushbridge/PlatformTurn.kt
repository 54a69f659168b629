package dev.pushbridge

import dev.pushbridge.ffi.PushCore
import kotlin.time.Duration
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withTimeoutOrNull

/**
 * Talks to the platform for the core: pulls the registration once per process, resets it when the core asks. One turn
 * at a time. What fails is asked again by the next sync; nothing is lost, since the core remembers a reset.
 */
internal class PlatformTurn(
    private val core: PushCore,
    private val platform: PushPlatform,
    private val timeout: Duration,
) {
    private val turn = Mutex()
    private var hasPulled = false

    suspend fun take(): Unit = turn.withLock {
        val reset = fromCore { core.snapshot() }.pendingReset
        when {
            reset != null -> ask { platform.reset() }?.let { fresh ->
                fromCore { core.resetDone(reset, fresh.kind.toCore(), fresh.value) }
                hasPulled = true
            }
            !hasPulled -> pull()
        }
    }

    private suspend fun pull() {
        val pull = fromCore { core.beginPull() }
        val named = ask { platform.current() } ?: return
        fromCore { core.onRegistration(named.kind.toCore(), named.value, pull) }
        hasPulled = true
    }

    @Suppress("TooGenericExceptionCaught")
    private suspend fun ask(question: suspend () -> Registration?): Registration? =
        try {
            withTimeoutOrNull(timeout) { question() }
        } catch (e: CancellationException) {
            throw e
        } catch (_: Throwable) {
            null // Firebase throws for being offline, for a missing Play Services, and more
        }
}
