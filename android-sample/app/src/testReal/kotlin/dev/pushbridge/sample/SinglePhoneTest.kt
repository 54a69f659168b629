package dev.pushbridge.sample

import android.Manifest.permission.POST_NOTIFICATIONS
import dev.pushbridge.TestApp
import dev.pushbridge.android.eventually
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Test
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

class SinglePhoneSample : TestSample(policy = "single")

@Config(application = SinglePhoneSample::class)
class SinglePhoneTest : SampleTest() {
    @Test
    fun `B7 the newer phone wins, and this one is told and emptied`() = runBlocking {
        shadowOf(app).grantPermissions(POST_NOTIFICATIONS)
        logIn("anna")
        sendAndDeliver("anna", "Welcome")
        awaitNotification("Welcome")
        val newer = TestApp(app.backend)
        newer.push.login("anna")
        newer.sync()
        newer.phone.receive()
        // The server's own message wakes the app; the person sees nothing of it.
        eventually("the server tells this phone") { app.play.deliver() > 0 }
        assertEquals(listOf("Welcome"), titles())
        app.work.runAll()
        screen.shows("Logged out by the server: policy_single")
        screen.lacks("Welcome")
        assertEquals(null, notification("Welcome"))
        assertEquals(1, send("anna", "Only for the newer phone"))
        assertEquals(listOf("Only for the newer phone"), newer.phone.titles())
        assertEquals(0, app.play.deliver())
        newer.push.close()
        logIn("anna")
        sendAndDeliver("anna", "Back on this phone")
    }
}
