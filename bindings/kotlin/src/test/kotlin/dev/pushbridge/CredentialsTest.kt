package dev.pushbridge

import java.util.Collections
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicReference
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test

class CredentialsTest {
    private val backend = World.newApp()
    private val user = newUser()

    private suspend fun assertEverythingButTheUserIsThere(app: TestApp) {
        assertIs<SyncOutcome.NeedsCredentials>(app.sync())
        assertEquals("live", app.push.snapshot().address?.state)
        assertTrue("user_proof_needed" in app.push.diagnose().codes)
        assertEquals(emptyList(), backend.installations(user))
    }

    @Test
    fun `row 11 - a login without a proof waits for one and keeps the address`() = runBlocking<Unit> {
        val proof = AtomicReference<String?>()
        val app = TestApp(backend) { _, _ -> proof.get() }
        app.push.login(user)
        assertEverythingButTheUserIsThere(app)
        proof.set(backend.proof(user))
        app.push.credentialsChanged()
        assertIs<SyncOutcome.Delivered>(app.sync())
        assertEquals(1, backend.installations(user).size)
        app.push.close()
    }

    @Test
    fun `row 11 - a refused proof is refreshed once`() = runBlocking<Unit> {
        val asked = Collections.synchronizedList(mutableListOf<Boolean>())
        val app = TestApp(backend) { named, forceRefresh ->
            asked += forceRefresh
            if (forceRefresh) backend.proof(named) else "not.a.proof"
        }
        app.push.login(user)
        assertIs<SyncOutcome.Delivered>(app.sync())
        assertEquals(listOf(false, true), asked)
        assertTrue((app.push.snapshot().login as LoginState.LoggedIn).bound)
        app.push.close()
    }

    @Test
    fun `row 11 - a proof that stays wrong is not tried for ever`() = runBlocking<Unit> {
        val asked = Collections.synchronizedList(mutableListOf<Boolean>())
        val app = TestApp(backend) { _, forceRefresh ->
            asked += forceRefresh
            "not.a.proof"
        }
        app.push.login(user)
        repeat(3) { assertIs<SyncOutcome.NeedsCredentials>(app.sync()) }
        assertEquals(listOf(false, true), asked)
        assertTrue("user_proof_invalid" in app.push.diagnose().codes)
        app.push.close()
    }

    @Test
    fun `row 12 - a provider that never answers costs its time-out and nothing else`() = runBlocking<Unit> {
        val app = TestApp(backend, configure = { credentialsTimeout = 300.milliseconds }) { _, _ -> awaitCancellation() }
        app.push.login(user)
        assertEverythingButTheUserIsThere(app)
        app.push.close()
    }

    @Test
    fun `row 12 - a provider that blocks its thread costs one thread and nothing else`() = runBlocking<Unit> {
        val release = CountDownLatch(1)
        val app = TestApp(backend, configure = { credentialsTimeout = 300.milliseconds }) { named, _ ->
            release.await()
            backend.proof(named)
        }
        app.push.login(user)
        repeat(3) { assertEverythingButTheUserIsThere(app) }
        release.countDown()
        // The late answer is nobody's; the next question is a new one.
        until({ app.push.credentialsChanged(); app.sync() }) { it is SyncOutcome.Delivered }
        app.push.close()
    }

    @Test
    fun `row 12 - a provider that throws an exception counts as one without a proof`() = runBlocking<Unit> {
        val app = TestApp(backend) { _, _ -> throw IllegalStateException("token=abc") }
        app.push.login(user)
        assertEverythingButTheUserIsThere(app)
        assertFalse("abc" in app.push.diagnose().toString())
        app.push.close()
    }

    @Test
    fun `row 12 - a provider that throws an Error counts as one without a proof`() = runBlocking<Unit> {
        val app = TestApp(backend) { _, _ -> TODO("not written yet") }
        app.push.login(user)
        assertEverythingButTheUserIsThere(app)
        app.push.close()
    }

    @Test
    fun `row 12 - a provider of the bare core may answer twice, throw, or answer after the time-out`() =
        runBlocking<Unit> {
            val late = AtomicReference<dev.pushbridge.ffi.CredentialReply>()
            val behaviours = listOf<(String, dev.pushbridge.ffi.CredentialReply) -> Unit>(
                { _, _ -> throw IllegalStateException("token=abc") },
                { _, _ -> TODO("an Error in a sync callback looks like success") },
                { _, reply -> late.set(reply) },
                { named, reply ->
                    reply.provide(backend.proof(named))
                    reply.none()
                },
            )
            val bare = BareCore(backend, credentialsTimeoutMs = 300u)
            bare.core.login(user)
            bare.report()
            for ((number, behaviour) in behaviours.withIndex()) {
                bare.provider = behaviour
                bare.core.credentialsChanged()
                val outcome = bare.core.syncNow(20_000u, dev.pushbridge.ffi.SyncTrigger.NETWORK_BACK)
                val wanted = if (number == behaviours.lastIndex) "Delivered" else "NeedsCredentials"
                assertEquals(wanted, outcome::class.simpleName, "behaviour $number")
            }
            assertTrue(bare.errors.isNotEmpty() && bare.errors.all { it is NotImplementedError })
            assertTrue(late.get().isCancelled())
            late.get().provide("too.late")
            bare.core.shutdown(5_000u)
            late.get().provide("much.too.late")
        }

    @Test
    fun `row 27 - a close during a hanging question comes back within its drain`() = runBlocking<Unit> {
        val asked = CompletableDeferred<Unit>()
        val app = TestApp(backend) { _, _ ->
            asked.complete(Unit)
            awaitCancellation()
        }
        app.push.login(user)
        val running = async { runCatching { app.sync() } }
        asked.await()
        app.push.close(drain = Duration.ZERO)
        assertTrue(running.await().exceptionOrNull() is PushException, "${running.await()}")
        assertFailsWith<PushException.Closed> { app.push.login(user) }
    }
}
