package dev.pushbridge

import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test

class ShutdownTest {
    private val user = newUser()

    @Test
    fun `row 27 - after a close every call says so, and a second close is harmless`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        app.push.close()
        app.push.close()
        val calls: Map<String, suspend () -> Any> = mapOf(
            "onRegistration" to { app.push.onRegistration(Registration.Token("abc")) },
            "onRegistrationLost" to { app.push.onRegistrationLost(RegistrationKind.TOKEN) },
            "login" to { app.push.login(user) },
            "logout" to { app.push.logout() },
            "setPermission" to { app.push.setPermission(Permission.GRANTED) },
            "setAttributes" to { app.push.setAttributes(tags = listOf("vip")) },
            "credentialsChanged" to { app.push.credentialsChanged() },
            "onMessage" to { app.push.onMessage(mapOf("title" to "x")) },
            "receipt" to { app.push.receipt("msg_1", ReceiptEvent.SHOWN) },
            "sync" to { app.sync() },
            "snapshot" to { app.push.snapshot() },
            "diagnose" to { app.push.diagnose() },
            "pause" to { app.push.pause() },
            "resume" to { app.push.resume() },
        )
        calls.forEach { (name, call) -> assertFailsWith<PushException.Closed>(name) { call() } }
    }

    @Test
    fun `a closed store opens again with what it knew`() = runBlocking<Unit> {
        val first = TestApp(World.newApp())
        first.push.login(user)
        first.sync()
        val installation = first.push.snapshot().installationId
        first.push.close()
        val second = TestApp(first.backend, first.phone, first.folder)
        assertEquals(installation, second.push.snapshot().installationId)
        assertIs<SyncOutcome.UpToDate>(second.sync())
        second.push.close()
    }

    @Test
    fun `row 24 - a paused core takes what the platform says and sends it after the resume`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        app.push.login(user)
        app.sync()
        app.push.pause()
        assertTrue(app.push.onRegistration(app.phone.rotate()).changed)
        assertIs<SyncOutcome.Paused>(app.sync())
        assertTrue("paused" in app.push.diagnose().codes)
        app.push.resume()
        assertIs<SyncOutcome.Delivered>(app.sync())
        assertEquals(1, app.backend.send(user, "After the nap"))
        app.push.close()
    }

    @Test
    fun `row 17 - a sync whose caller was cancelled is joined by the next`() = runBlocking<Unit> {
        val asked = CompletableDeferred<Unit>()
        val answer = CompletableDeferred<Unit>()
        val backend = World.newApp()
        val app = TestApp(backend) { named, _ ->
            asked.complete(Unit)
            answer.await()
            backend.proof(named)
        }
        app.push.login(user)
        val cancelled = launch { app.sync() }
        asked.await()
        cancelled.cancelAndJoin()
        answer.complete(Unit)
        assertIs<SyncOutcome.Delivered>(app.sync())
        assertEquals(1, backend.installations(user).size)
        app.push.close()
    }

    @Test
    fun `row 17 - a deadline of nothing is kept and loses nothing`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        app.push.login(user)
        val outcome = assertIs<SyncOutcome.Deferred>(app.push.sync(Duration.ZERO))
        assertEquals(DeferCause.DEADLINE, outcome.cause)
        assertIs<SyncOutcome.Delivered>(app.push.sync(20.seconds))
        app.push.close()
    }

    @Test
    fun `row 18 - many syncs at once bring one change to the server`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        app.push.login(user)
        app.push.onRegistration(app.phone.registration())
        val outcomes = List(20) { async { app.sync() } }.awaitAll()
        assertTrue(outcomes.all { it is SyncOutcome.Delivered || it is SyncOutcome.UpToDate }, "$outcomes")
        val revisions = outcomes.filterIsInstance<SyncOutcome.Delivered>().map { it.revision }.toSet()
        assertEquals(1, revisions.size)
        app.push.close()
    }

    @Test
    fun `a wrong configuration says which option`() {
        val open = { change: PushbridgeConfig.() -> Unit -> TestApp(Backend("shop", JsonClient("")), configure = change) }
        val http = assertFailsWith<PushException.Config> { open { httpsOnly = true } }
        assertTrue("https" in http.message.orEmpty(), http.message)
        val timeout = assertFailsWith<PushException.Config> { open { requestTimeout = 0.milliseconds } }
        assertTrue("request_timeout" in timeout.message.orEmpty(), timeout.message)
    }

    @Test
    fun `what cannot be a token or a user is refused and not repeated in the text`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        val token = "line\nbreak-secret"
        val refused = assertFailsWith<PushException.InvalidInput> { app.push.onRegistration(Registration.Token(token)) }
        assertTrue("secret" !in refused.toString())
        assertFailsWith<PushException.InvalidInput> { app.push.login("") }
        app.push.close()
    }
}
