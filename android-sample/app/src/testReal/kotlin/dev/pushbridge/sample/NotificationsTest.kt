package dev.pushbridge.sample

import android.Manifest.permission.POST_NOTIFICATIONS
import android.content.Intent
import android.content.pm.PackageManager.PERMISSION_DENIED
import android.content.pm.PackageManager.PERMISSION_GRANTED
import android.provider.Settings
import android.service.notification.StatusBarNotification
import dev.pushbridge.android.eventually
import dev.pushbridge.child
import dev.pushbridge.int
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Test
import org.robolectric.Shadows.shadowOf

class NotificationsTest : SampleTest() {
    private val device = shadowOf(activity.get())

    @Test
    fun `B11 a push is shown as data and as a notification, in front and behind`() {
        `the permission is asked for in context, and a refusal leads to the settings`()
        `B11 a data message is shown, a tap opens it, and the server counts both`()
        `B11 a notification message is shown by the app while it is on the screen`()
        `B11 a notification message is shown by Firebase while the app is not on the screen`()
        `B3 a tap on a notification of the account before opens nothing`()
    }

    private fun `the permission is asked for in context, and a refusal leads to the settings`() {
        screen.shows("Nobody is logged in")
        assertEquals(null, device.lastRequestedPermission)
        logIn("anna")
        assertEquals(null, device.lastRequestedPermission)
        sendAndDeliver("anna", "Not shown yet")
        assertEquals(null, notification("Not shown yet"))
        screen.tap("Allow notifications")
        answer(PERMISSION_DENIED)
        screen.shows("Notifications are off")
        screen.shows("permission_denied")
        screen.tap("Open settings")
        eventually("the settings open") { device.peekNextStartedActivity() != null }
        assertEquals(Settings.ACTION_APP_NOTIFICATION_SETTINGS, device.nextStartedActivity.action)
        shadowOf(app).grantPermissions(POST_NOTIFICATIONS) // there
        activity.pause().resume()
        screen.lacks("Notifications are off")
        screen.lacks("permission_denied")
    }

    @Suppress("DEPRECATION") // what the system calls
    private fun answer(answer: Int) {
        eventually("the dialog opens") { device.lastRequestedPermission != null }
        val request = device.lastRequestedPermission
        assertEquals(listOf(POST_NOTIFICATIONS), request.requestedPermissions.toList())
        activity.get().onRequestPermissionsResult(request.requestCode, request.requestedPermissions, intArrayOf(answer))
    }

    private fun `B11 a data message is shown, a tap opens it, and the server counts both`() {
        sendAndDeliver("anna", "Your parcel left")
        val tap = tap(awaitNotification("Your parcel left"))
        screen.lacks("Inbox") // but the message
        screen.shows("Your parcel left")
        screen.tap("Back to the inbox")
        screen.shows("Opened")
        eventually("the notification leaves") { notification("Your parcel left") == null }
        val id = checkNotNull(tap.getStringExtra(Notifications.OPENED))
        assertEquals(listOf(1, 1, 1), receipts(id, "received", "shown", "opened"))
    }

    /** Receipts go along with what is synced next. */
    private fun receipts(id: String, vararg events: String): List<Int> {
        app.play.rotate()
        app.play.tellToken()
        app.work.runAll()
        return app.backend.status(id).child("receipts").let { all -> events.map(all::int) }
    }

    private fun tap(shown: StatusBarNotification): Intent =
        shadowOf(shown.notification.contentIntent).savedIntent.also { activity.newIntent(it) }

    private fun sendNotification(title: String) {
        val message = """{"notification":{"title":"$title","body":"As a notification"},"data":{"title":"$title"}}"""
        assertEquals(1, runBlocking { app.backend.send("anna", title, message) })
        app.play.deliver()
    }

    private fun `B11 a notification message is shown by the app while it is on the screen`() {
        sendNotification("In front")
        screen.shows("As a notification")
        assertNotNull(notification("In front"))
    }

    private fun `B11 a notification message is shown by Firebase while the app is not on the screen`() {
        leaveScreen()
        sendNotification("From behind")
        val shown = awaitNotification("From behind")
        assertEquals(app.getString(R.string.channel_id), shown.notification.channelId)
        assertEquals("In front", titles().first())
        returnToScreen()
        tap(shown)
        screen.lacks("Inbox")
        screen.shows("From behind")
        activity.get().onBackPressedDispatcher.onBackPressed()
        screen.shows("Inbox")
        val opened = app.inbox.messages.value.first()
        assertEquals(true, opened.isOpened)
        assertEquals(listOf(1), receipts(checkNotNull(opened.id), "opened"))
    }

    private fun `B3 a tap on a notification of the account before opens nothing`() {
        leaveScreen()
        sendNotification("For Anna's eyes")
        val shown = awaitNotification("For Anna's eyes")
        returnToScreen()
        screen.tap("Log out")
        screen.shows("Nobody is logged in")
        eventually("the notification leaves with her") { notification("For Anna's eyes") == null }
        app.work.runAll()
        logIn("boris")
        tap(shown)
        sendAndDeliver("boris", "For Boris") // in the inbox, which is still there
        assertEquals(listOf("For Boris"), titles())
    }
}
