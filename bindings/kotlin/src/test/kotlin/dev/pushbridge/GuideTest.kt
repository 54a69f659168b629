package dev.pushbridge

import java.io.File
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Test

/** What docs/JVM.md and README show, compiled. */
class GuideTest {
    private class Session(private val backend: Backend) {
        fun pushProof(user: String): String = backend.proof(user)
    }

    private val app = World.newApp()
    private val server = World.serverUrl
    private val folder = World.folder("guide")
    private val firebase = EmulatedPhone()
    private val token = firebase.registration().value
    private val session = Session(app)
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val shown = mutableListOf<String>()

    private fun show(data: Map<String, String>) {
        shown += data.getValue("title")
    }

    /** The guide's, with the app of this test in place of the shop; loopback has no TLS. */
    private fun opened(): Pushbridge {
        val config = PushbridgeConfig(baseUrl = server, appId = app.app, storeDir = folder) { httpsOnly = false }
        val push = Pushbridge.open(config, firebase, { user, _ -> session.pushProof(user) }, InProcessScheduler(scope))
        push.onRegistration(Registration.Token(token)) // at every onNewToken
        push.login("42")
        return push
    }

    private fun message(push: Pushbridge, data: Map<String, String>) {
        when (val what = push.onMessage(data)) {
            is MessageDisposition.Deliver -> show(data).also { what.messageId?.let { push.receipt(it, ReceiptEvent.SHOWN) } }
            MessageDisposition.DropForeignLogin, MessageDisposition.Handled -> Unit
        }
    }

    @Test
    fun `the lines of the guide bring a message, log out, and hear of an ended login`() = runBlocking<Unit> {
        val push = opened()
        withTimeout(40.seconds) { push.status.first { (it.login as? LoginState.LoggedIn)?.bound == true } }
        assertEquals(1, app.send("42", "Hello"))
        firebase.receive().forEach { message(push, it) }
        assertEquals(listOf("Hello"), shown)
        val told = CompletableDeferred<LoggedOutReason>()
        fun showLogin(reason: LoggedOutReason) = told.complete(reason)
        scope.launch {
            push.loggedOut.collect { reason -> showLogin(reason) }
        }
        app.revoke("42")
        push.sync(20.seconds, SyncTrigger.NETWORK_BACK)
        push.onRegistration(firebase.rotate())
        assertIs<LoggedOutReason.Evicted>(withTimeout(40.seconds) { told.await() })
        push.login("42")
        push.logout() // needs no network
        withTimeout(40.seconds) { push.status.first { it.logout == LogoutState.DONE && !it.resetPending } }
        assertEquals(0, app.send("42", "Gone"))
        push.close()
        scope.cancel()
    }

    /** One line names the app and the loopback otherwise; all others stand here as they stand there. */
    @Test
    fun `each Kotlin line of the guide and of README stands above`() {
        val docs = File(System.getProperty("pushbridge.docs"))
        val source = File(docs, "../bindings/kotlin/src/test/kotlin/dev/pushbridge/GuideTest.kt").readText()
        val compiled = source.lines().map { it.trim() }.toSet()
        for (page in listOf("JVM.md", "../README.md")) {
            val lines = Regex("```kotlin\n(.*?)```", RegexOption.DOT_MATCHES_ALL).findAll(File(docs, page).readText())
                .flatMap { it.groupValues[1].lines() }.map { it.trim() }.filter { it.isNotEmpty() }.toList()
            assertTrue(lines.size >= 5, page)
            assertEquals(emptyList(), lines.filterNot { it in compiled || it.startsWith("val config = ") }, page)
        }
    }
}
