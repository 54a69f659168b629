package dev.pushbridge.sample

import android.Manifest.permission.POST_NOTIFICATIONS
import android.app.Notification
import android.app.NotificationManager
import android.service.notification.StatusBarNotification
import androidx.work.WorkInfo
import dev.pushbridge.World
import dev.pushbridge.android.eventually
import dev.pushbridge.child
import dev.pushbridge.int
import dev.pushbridge.text
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf

/**
 * A person at the screen, Google at the service, WorkManager in between; real server, real emulator.
 *
 * One story, told once: Compose keeps dispatchers for the whole process that do not outlive Robolectric's first test.
 */
@RunWith(RobolectricTestRunner::class)
class PushFlowTest {
    private val app = testSample()
    private val activity = start(MainActivity::class.java)
    private val screen = Screen(activity.get())

    @After
    fun end() {
        activity.pause().stop().destroy()
        app.onTerminate()
    }

    private fun logIn(user: String) {
        screen.tap("Log in as $user")
        screen.shows("$user is logged in")
        app.work.runAll()
        screen.shows("$user is logged in, and the server knows")
        app.play.deliver()
    }

    private fun send(user: String, title: String): Int = runBlocking { app.backend.send(user, title) }

    private fun address(user: String) = app.backend.installations(user).single().text("address_fingerprint")

    @Test
    fun `B1 B3 B4 B5 B8 B11 the life of a token through the screen and the service`() {
        shadowOf(app).grantPermissions(POST_NOTIFICATIONS)
        `B1 B5 the first token and a login reach the server, and a push the inbox`()
        `B4 B8 a rotated token replaces the old one`()
        `B11 a data message is shown, a tap opens it, and the server counts both`()
        `what came outlives the process`()
        `B3 after a logout the next account sees nothing of the one before`()
        `B5 while the server is down work waits, and goes on when it is back`()
        `B4 the token gives way to a Firebase installation ID`()
    }

    private fun `B1 B5 the first token and a login reach the server, and a push the inbox`() {
        app.play.tellToken()
        screen.shows("Registration token")
        logIn("anna")
        assertEquals(1, send("anna", "Welcome"))
        app.play.deliver()
        screen.shows("Welcome")
    }

    private fun `B4 B8 a rotated token replaces the old one`() {
        val old = address("anna")
        app.play.rotate()
        app.play.tellToken()
        app.work.runAll()
        assertNotEquals(old, address("anna"))
        screen.shows("Registration token ${address("anna")}")
        assertEquals(1, send("anna", "Your parcel left"))
        app.play.deliver()
        screen.shows("Your parcel left")
    }

    private fun `B11 a data message is shown, a tap opens it, and the server counts both`() {
        val notifications = app.getSystemService(NotificationManager::class.java)
        val first = notifications.activeNotifications.first { titleOf(it) == "Your parcel left" }
        val tap = shadowOf(first.notification.contentIntent).savedIntent
        val id = checkNotNull(tap.getStringExtra(Notifications.OPENED))
        activity.newIntent(tap)
        screen.shows("Opened")
        eventually("the notification leaves") { notifications.activeNotifications.none { titleOf(it) == "Your parcel left" } }
        app.play.rotate()
        app.play.tellToken()
        app.work.runAll() // receipts go along with what is synced next
        val receipts = app.backend.status(id).child("receipts")
        assertEquals(listOf(1, 1, 1), listOf("received", "shown", "opened").map(receipts::int))
    }

    private fun titleOf(shown: StatusBarNotification) = shown.notification.extras.getString(Notification.EXTRA_TITLE)

    private fun `what came outlives the process`() {
        assertEquals(listOf("Your parcel left", "Welcome"), Inbox(app).messages.value.map { it.title })
        assertEquals("anna", Account(app).user.value)
    }

    private fun `B3 after a logout the next account sees nothing of the one before`() {
        send("anna", "Too late for Anna")
        val late = app.play.receive().single()
        app.play.calls.clear()
        screen.tap("Log out")
        screen.shows("Nobody is logged in")
        screen.lacks("Welcome")
        app.work.runAll()
        assertEquals(listOf("deleteToken", "getToken"), app.play.calls)
        logIn("boris")
        app.play.deliver(late)
        assertEquals(0, send("anna", "Nowhere"))
        assertEquals(1, send("boris", "For Boris"))
        app.play.deliver()
        screen.shows("For Boris")
        assertEquals(listOf("For Boris"), app.inbox.messages.value.map { it.title })
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
        assertEquals(1, send("boris", "Back again"))
    }

    private fun `B4 the token gives way to a Firebase installation ID`() {
        app.play.tellRegistered()
        app.work.runAll()
        screen.shows("Firebase installation ID ${address("boris")}")
        assertEquals(1, send("boris", "By FID"))
        app.play.deliver()
        screen.shows("By FID")
    }
}
