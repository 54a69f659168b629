package dev.pushbridge

import dev.pushbridge.ffi.CredentialReply
import dev.pushbridge.ffi.PlatformEffect
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import dev.pushbridge.ffi.CredentialsProvider as CoreCredentialsProvider
import dev.pushbridge.ffi.PushListener as CoreListener
import dev.pushbridge.ffi.PushStatus as CoreStatus

/**
 * Asks the app's suspending provider for the core's question. Whatever it does, the core gets one answer or runs into
 * its own time-out: an `Error` thrown across the border would look like success there.
 */
internal class CredentialsBridge(
    private val provider: CredentialsProvider,
    private val scope: CoroutineScope,
    private val timeout: Duration,
) : CoreCredentialsProvider {
    private val isAsking = AtomicBoolean()

    override fun request(userId: String, forceRefresh: Boolean, reply: CredentialReply) {
        // A provider that still blocks in its last call would take one thread after the other.
        if (!isAsking.compareAndSet(false, true)) {
            reply.use { it.none() }
            return
        }
        scope.launch {
            try {
                val proof = ask(userId, forceRefresh)
                isAsking.set(false) // before the answer: the core may ask again as soon as it has one
                if (proof == null) reply.none() else reply.provide(proof)
            } finally {
                isAsking.set(false)
                reply.close()
            }
        }
    }

    @Suppress("TooGenericExceptionCaught")
    private suspend fun ask(userId: String, forceRefresh: Boolean): String? =
        try {
            withTimeoutOrNull(timeout) { provider.proof(userId, forceRefresh) }
        } catch (e: CancellationException) {
            throw e
        } catch (_: Throwable) {
            null // its text may quote a secret: it is the app's to log
        }
}

/** Turns callbacks into a flow and a wish for a sync. Never calls the app's code on the core's thread. */
internal class ListenerBridge(private val onWork: () -> Unit) : CoreListener {
    val status = MutableStateFlow<PushStatus?>(null)

    override fun onEffect(effect: PlatformEffect) {
        if (effect.needsSync) onWork()
    }

    override fun onStatus(status: CoreStatus) {
        this.status.value = status.toPublic()
    }
}
