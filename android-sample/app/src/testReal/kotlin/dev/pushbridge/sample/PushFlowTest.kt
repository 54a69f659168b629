package dev.pushbridge.sample

import android.Manifest.permission.POST_NOTIFICATIONS
import androidx.work.WorkInfo
import dev.pushbridge.TestApp
import dev.pushbridge.World
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Test
import org.robolectric.Shadows.shadowOf

class PushFlowTest : SampleTest() {
    @Test
    fun `B1 B2 B3 B4 B5 B6 B8 the life of a token through the screen and the service`() {
        shadowOf(app).grantPermissions(POST_NOTIFICATIONS)
        `B1 B5 the first token and a login reach the server, and a push the inbox`()
        `B4 B8 a rotated token replaces the old one`()
        `B2 B6 the account's second device gets the push too`()
        `B3 after a logout the next account sees nothing of the one before`()
        `B5 while the server is down work waits, and goes on when it is back`()
        `B4 the token gives way to a Firebase installation ID`()
    }

    private fun `B1 B5 the first token and a login reach the server, and a push the inbox`() {
        app.play.tellToken()
        screen.shows("Registration token")
        logIn("anna")
        sendAndDeliver("anna", "Welcome")
    }

    private fun `B4 B8 a rotated token replaces the old one`() {
        val old = address("anna")
        app.play.rotate()
        app.play.tellToken()
        app.work.runAll()
        assertNotEquals(old, address("anna"))
        screen.shows("Registration token ${address("anna")}")
        sendAndDeliver("anna", "Your parcel left")
    }

    private fun `B2 B6 the account's second device gets the push too`() = runBlocking {
        val tablet = TestApp(app.backend)
        tablet.push.login("anna")
        tablet.sync()
        tablet.phone.receive()
        assertEquals(2, send("anna", "Your parcel is near"))
        app.play.deliver()
        screen.shows("Your parcel is near")
        assertEquals(listOf("Your parcel is near"), tablet.phone.titles())
        tablet.push.logout()
        tablet.sync()
        tablet.push.close()
    }

    private fun `B3 after a logout the next account sees nothing of the one before`() {
        send("anna", "Too late for Anna")
        val late = app.play.receive().single()
        app.play.calls.clear()
        screen.tap("Log out")
        screen.shows("Nobody is logged in")
        screen.lacks("Welcome")
        assertEquals(null, notification("Welcome"))
        app.work.runAll()
        assertEquals(listOf("deleteToken", "getToken"), app.play.calls)
        logIn("boris")
        app.play.deliver(late)
        assertEquals(0, send("anna", "Nowhere"))
        sendAndDeliver("boris", "For Boris")
        assertEquals(listOf("For Boris"), titles())
        assertEquals(null, notification("Too late for Anna"))
    }

    private fun `B5 while the server is down work waits, and goes on when it is back`() = runBlocking {
        app.play.rotate()
        app.play.tellToken()
        World.withoutServer {
            assertEquals(WorkInfo.State.ENQUEUED, app.work.run().state)
            screen.shows("Trying again: offline")
        }
        app.work.runAll()
        screen.shows("The server knows everything")
        sendAndDeliver("boris", "Back again")
    }

    private fun `B4 the token gives way to a Firebase installation ID`() {
        app.play.tellRegistered()
        app.work.runAll()
        screen.shows("Firebase installation ID ${address("boris")}")
        sendAndDeliver("boris", "By FID")
    }
}
