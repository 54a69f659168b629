package dev.pushbridge.android

import androidx.work.WorkInfo
import dev.pushbridge.LoginState
import dev.pushbridge.RegistrationKind
import dev.pushbridge.int
import dev.pushbridge.newUser
import dev.pushbridge.child
import dev.pushbridge.text
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonObject
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

@RunWith(RobolectricTestRunner::class)
class MessagingServiceTest {
    private val app = testApplication()
    private val user = newUser()

    @After
    fun end() = app.onTerminate()

    private fun login() {
        app.pushbridge.login(user)
        app.work.runAll()
        app.play.deliver()
    }

    private fun address(): JsonObject = app.backend.installations(user).single()

    private fun send(title: String): Int = runBlocking { app.backend.send(user, title) }

    @Test
    fun `B1 B5 the first token starts the process, is remembered at once and synced by WorkManager`() {
        app.play.tellToken()
        assertNotNull(app.pushbridge.snapshot().address)
        assertEquals(WorkInfo.State.ENQUEUED, app.work.sync()?.state)
        assertEquals(WorkInfo.State.SUCCEEDED, app.work.run().state)
        assertEquals("live", app.pushbridge.snapshot().address?.state)
    }

    @Test
    fun `B4 B8 a rotated token replaces the old one`() {
        login()
        val old = address().text("address_fingerprint")
        app.play.rotate()
        app.play.tellToken()
        app.work.runAll()
        assertTrue(address().text("address_fingerprint") != old)
        assertEquals(1, send("Still here"))
        app.play.deliver()
        assertEquals(listOf("Still here"), app.pushes.map { it.first["title"] })
    }

    @Test
    fun `B4 a Firebase Installation ID replaces the token, and its end leaves the login`() {
        login()
        app.play.tellRegistered()
        app.work.runAll()
        assertEquals("fcm_fid", address().text("address_kind"))
        assertEquals(1, send("By FID"))
        app.play.tellUnregistered()
        app.work.runAll()
        assertEquals(0, send("Nobody hears"))
        assertTrue((app.pushbridge.snapshot().login as LoginState.LoggedIn).bound)
        assertEquals(null, app.pushbridge.snapshot().address)
    }

    @Test
    fun `B11 a data message reaches the app and is counted as received`() {
        login()
        send("Hello")
        app.play.deliver()
        val (data, id) = app.pushes.single()
        assertEquals("Hello", data["title"])
        app.play.rotate()
        app.play.tellToken()
        app.work.runAll() // receipts go along with whatever is synced next
        assertEquals(1, app.backend.status(checkNotNull(id)).child("receipts").int("received"))
    }

    @Test
    fun `B3 a late message of the account that left is dropped`() {
        login()
        send("For the one who left")
        val late = app.play.receive().single()
        app.pushbridge.logout()
        app.work.runAll()
        app.play.deliver(late)
        assertEquals(emptyList<Any>(), app.pushes)
    }

    @Test
    fun `the server's own message is not for the app and asks for a sync`() {
        login()
        app.backend.revoke(user)
        eventually("the server tells the phone") { app.play.deliver() > 0 }
        assertEquals(emptyList<Any>(), app.pushes)
        app.work.runAll()
        assertEquals(LoginState.LoggedOut::class, app.pushbridge.snapshot().login::class)
    }

    @Test
    fun `B4 the address kind is what the platform called it`() {
        app.play.tellRegistered()
        assertEquals(RegistrationKind.FID, app.pushbridge.snapshot().address?.kind)
    }
}
