package dev.pushbridge.sample

import android.app.ActivityManager
import android.app.ActivityManager.RunningAppProcessInfo
import android.app.Notification
import android.app.NotificationManager
import android.os.Process
import android.service.notification.StatusBarNotification
import androidx.test.platform.app.InstrumentationRegistry
import dev.pushbridge.android.eventually
import dev.pushbridge.text
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

fun testSample() = InstrumentationRegistry.getInstrumentation().targetContext.applicationContext as TestSample

/**
 * A person at the screen, Google at the service, WorkManager in between; real server, real emulator.
 *
 * Each class is one story in a process of its own: Compose keeps dispatchers that do not outlive Robolectric's first test.
 */
@RunWith(RobolectricTestRunner::class)
@Config(application = TestSample::class)
abstract class SampleTest {
    protected val app = testSample()
    protected val activity = start(MainActivity::class.java)
    protected val screen = Screen(activity.get())

    @After
    fun end() {
        activity.pause().stop().destroy()
        app.onTerminate()
    }

    protected fun logIn(user: String) {
        screen.tap("Log in as $user")
        screen.shows("$user is logged in")
        app.work.runAll()
        screen.shows("$user is logged in, and the server knows")
        app.play.deliver()
    }

    /** How many deliveries of a data message FCM took. */
    protected fun send(user: String, title: String): Int = runBlocking { app.backend.send(user, title) }

    protected fun sendAndDeliver(user: String, title: String) {
        assertEquals(1, send(user, title))
        app.play.deliver()
        screen.shows(title)
    }

    protected fun address(user: String) = app.backend.installations(user).single().text("address_fingerprint")

    protected fun titles() = app.inbox.messages.value.map { it.title }

    protected fun notification(title: String): StatusBarNotification? =
        app.getSystemService(NotificationManager::class.java).activeNotifications
            .firstOrNull { it.notification.extras.getString(Notification.EXTRA_TITLE) == title }

    protected fun leaveScreen() {
        activity.pause().stop()
        isInFront(false)
    }

    protected fun returnToScreen() {
        activity.restart().resume()
        isInFront(true)
    }

    /** Firebase asks the system for it. */
    private fun isInFront(yes: Boolean) {
        val process = RunningAppProcessInfo(app.packageName, Process.myPid(), null)
        process.importance = if (yes) RunningAppProcessInfo.IMPORTANCE_FOREGROUND else RunningAppProcessInfo.IMPORTANCE_CACHED
        shadowOf(app.getSystemService(ActivityManager::class.java)).setProcesses(listOf(process))
    }

    /** Firebase shows one a moment after its service is done. */
    protected fun awaitNotification(title: String): StatusBarNotification {
        eventually("«$title» is shown") { notification(title) != null }
        return checkNotNull(notification(title))
    }
}
