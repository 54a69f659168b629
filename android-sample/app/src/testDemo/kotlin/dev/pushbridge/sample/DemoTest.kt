package dev.pushbridge.sample

import android.Manifest.permission.POST_NOTIFICATIONS
import android.app.ActivityManager
import androidx.test.platform.app.InstrumentationRegistry
import dev.pushbridge.android.TestWork
import dev.pushbridge.android.eventually
import dev.pushbridge.text
import kotlinx.coroutines.cancel
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** The demo flavour as it is, told where the demo listens. */
class DemoSample : SampleApplication() {
    override val surroundings by lazy { DemoSurroundings(this, DemoPrograms.world) }
    lateinit var work: TestWork

    override fun onCreate() {
        work = TestWork(this)
        super.onCreate()
    }

    override fun onTerminate() {
        scope.cancel()
        runBlocking { pushbridge.close() }
        work.close()
        super.onTerminate()
    }
}

@RunWith(RobolectricTestRunner::class)
@Config(application = DemoSample::class)
class DemoTest {
    private val app = InstrumentationRegistry.getInstrumentation().targetContext.applicationContext as DemoSample
    private val activity = start(MainActivity::class.java)
    private val screen = Screen(activity.get())

    @After
    fun end() {
        activity.pause().stop().destroy()
        app.onTerminate()
    }

    @Test
    fun `B1 B2 B3 B4 B5 B6 B8 the walk through the demo`() {
        shadowOf(app).grantPermissions(POST_NOTIFICATIONS)
        val welcome = `B1 B5 a login, and a push that a tap opens`()
        `B4 B8 the token rotates`()
        `B11 what the person did went along`(welcome)
        `B2 B6 Anna's Pixel gets the push too`()
        `B3 a logout, then another account`()
        `B3 a logout made offline`()
        `B4 an update switches to installation IDs`()
        `B4 the app is deleted`()
    }

    private fun device() = DemoPrograms.emulator.get("/devices/${app.surroundings.device.id()}")

    private fun logIn(user: String) {
        screen.tap("Log in as $user")
        settle(user)
    }

    private fun settle(user: String) {
        screen.shows("$user is logged in") // only then is there work
        app.work.runAll()
        screen.shows("$user is logged in, and the server knows")
    }

    private fun `B1 B5 a login, and a push that a tap opens`(): String {
        logIn("anna")
        val welcome = DemoPrograms.send("anna", "Welcome")
        screen.tap("Welcome")
        screen.lacks("Inbox") // but the message
        screen.tap("Back to the inbox")
        screen.shows("Opened")
        DemoPrograms.send("anna", "Hello", """{"notification":{"title":"Hello","body":"from the command line"}}""")
        screen.shows("from the command line")
        return welcome
    }

    private fun `B4 B8 the token rotates`() {
        val old = device().text("fcm_token")
        screen.tap("Rotate the token")
        screen.shows("Something new is not with the server yet")
        settle("anna")
        assertNotEquals(old, device().text("fcm_token"))
        DemoPrograms.send("anna", "Your parcel left")
        screen.shows("Your parcel left")
    }

    /** The Pixel's app is not running any more, so this phone's receipts are all. */
    private fun `B11 what the person did went along`(id: String) =
        assertEquals(listOf(1, 1, 1), listOf("received", "shown", "opened").map { DemoPrograms.receipts(id, it) })

    private fun `B2 B6 Anna's Pixel gets the push too`() {
        assertEquals(2, DemoPrograms.sent(DemoPrograms.send("anna", "Your parcel is near")))
        screen.shows("Your parcel is near")
    }

    private fun `B3 a logout, then another account`() {
        screen.tap("Log out")
        screen.shows("Nobody is logged in")
        screen.lacks("Welcome")
        app.work.runAll()
        assertEquals(1, DemoPrograms.sent(DemoPrograms.send("anna", "Only for Anna")))
        logIn("boris")
        DemoPrograms.send("boris", "Only for Boris")
        screen.shows("Only for Boris")
        assertEquals(listOf("Only for Boris"), app.inbox.messages.value.map { it.title })
    }

    private fun `B3 a logout made offline`() {
        screen.tap("Go offline")
        screen.tap("Log out")
        screen.shows("Nobody is logged in")
        app.work.run()
        screen.shows("The last logout is not confirmed yet")
        assertEquals(1, DemoPrograms.sent(DemoPrograms.send("boris", "For Boris, too late")))
        screen.tap("Go online")
        app.work.runAll()
        screen.lacks("not confirmed yet")
        assertEquals(0, DemoPrograms.sent(DemoPrograms.send("boris", "For Boris, nowhere")))
        logIn("anna")
        DemoPrograms.send("anna", "Back again")
        screen.shows("Back again")
        assertEquals(listOf("Back again"), app.inbox.messages.value.map { it.title })
    }

    private fun `B4 an update switches to installation IDs`() {
        screen.tap("Update to Firebase installation IDs")
        screen.shows("Firebase installation ID")
        settle("anna")
        DemoPrograms.send("anna", "By FID")
        screen.shows("By FID")
    }

    private fun `B4 the app is deleted`() {
        val old = app.surroundings.device.id()
        screen.tap("Delete and reinstall the app")
        eventually("Android deletes its data") {
            shadowOf(app.getSystemService(ActivityManager::class.java)).isApplicationUserDataCleared
        }
        assertEquals("unregistered", DemoPrograms.emulator.get("/devices/$old").text("state"))
        assertEquals(1, DemoPrograms.sent(DemoPrograms.send("anna", "For the Pixel alone")))
    }
}
