package dev.pushbridge

import java.util.concurrent.atomic.AtomicInteger
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test

class MessagesTest {
    private val user = newUser()

    private suspend fun loggedIn(): TestApp {
        val app = TestApp(World.newApp())
        app.push.login(user)
        app.sync()
        return app
    }

    /** B11. */
    @Test
    fun `a data message is handed over, and its receipts are counted by the server`() = runBlocking<Unit> {
        val app = loggedIn()
        app.backend.send(user, "Read me")
        val data = app.phone.receive().single { it["title"] == "Read me" }
        val id = assertNotNull(assertIs<MessageDisposition.Deliver>(app.push.onMessage(data)).messageId)
        app.push.receipt(id, ReceiptEvent.RECEIVED)
        app.push.receipt(id, ReceiptEvent.OPENED)
        app.push.receipt(id, ReceiptEvent.OPENED)
        assertEquals(2, app.push.diagnose().receiptsWaiting)
        app.sync()
        assertEquals(0, app.push.diagnose().receiptsWaiting)
        val counted = app.backend.status(id).child("receipts")
        assertEquals(1, counted.int("received"))
        assertEquals(1, counted.int("opened"))
        app.push.close()
    }

    /** B3: FCM may have held the message since before the logout. */
    @Test
    fun `a message for somebody who left is dropped on the phone`() = runBlocking<Unit> {
        val app = loggedIn()
        app.backend.send(user, "Private")
        val data = app.phone.receive().single { it["title"] == "Private" }
        app.push.logout()
        assertIs<MessageDisposition.DropForeignLogin>(app.push.onMessage(data))
        app.push.login(newUser())
        assertIs<MessageDisposition.DropForeignLogin>(app.push.onMessage(data))
        app.push.close()
    }

    @Test
    fun `the server's own messages are not for the app and wake the scheduler`() = runBlocking<Unit> {
        val wishes = AtomicInteger()
        val app = TestApp(World.newApp(), scheduler = { wishes.incrementAndGet() })
        app.sync()
        val before = wishes.get()
        assertIs<MessageDisposition.Handled>(app.push.onMessage(mapOf("pb_sync" to "1", "pb_app" to app.backend.app)))
        assertEquals(before + 1, wishes.get())
        assertIs<MessageDisposition.Handled>(app.push.onMessage(mapOf("pb_sync" to "1", "pb_app" to "another")))
        val ofTomorrow = mapOf("pb_of_tomorrow" to "1", "title" to "not to be shown")
        assertIs<MessageDisposition.Handled>(app.push.onMessage(ofTomorrow), "of a newer server")
        assertEquals(before + 1, wishes.get())
        app.push.close()
    }

    /** The address moves only by proof of possession: the challenge is a real push. */
    @Test
    fun `a reinstall that keeps its token answers the server's challenge`() = runBlocking<Unit> {
        val first = loggedIn()
        first.push.close()
        val again = TestApp(first.backend, first.phone)
        again.push.login(user)
        again.sync()
        assertEquals("contested", again.push.snapshot().address?.state)
        assertTrue("address_contested" in again.push.diagnose().codes)
        val challenge = until({ again.phone.receive() }) { got -> got.any { "pb_challenge" in it } }
        challenge.forEach { again.push.onMessage(it) }
        again.sync()
        assertEquals("live", again.push.snapshot().address?.state)
        assertEquals(1, again.backend.send(user, "It is me"))
        again.push.close()
    }
}
