package dev.pushbridge.android

import android.os.Bundle
import dev.pushbridge.Registration
import dev.pushbridge.RegistrationKind
import java.io.IOException
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertThrows
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf

@RunWith(RobolectricTestRunner::class)
class FirebasePlatformTest {
    private val app = testApplication()

    @After
    fun end() = app.onTerminate()

    private fun useInstallationIds() {
        val known = shadowOf(app.packageManager).getInternalMutablePackageInfo(app.packageName)
        checkNotNull(known.applicationInfo).metaData =
            Bundle().apply { putBoolean("firebase_messaging_installation_id_enabled", true) }
    }

    @Test
    fun `B3 a token is deleted before the next one is asked for`() = runBlocking<Unit> {
        val platform = FirebasePlatform(app)
        val old = platform.current()
        val new = platform.reset()
        assertNotEquals(old, new)
        assertEquals(Registration.Token(app.play.token), new)
        assertEquals(listOf("getToken", "deleteToken", "getToken"), app.play.calls)
    }

    @Test
    fun `B3 a Firebase installation is deleted before it registers again`() = runBlocking<Unit> {
        useInstallationIds()
        val platform = FirebasePlatform(app)
        val old = platform.current()
        val new = platform.reset()
        assertEquals(RegistrationKind.FID, new.kind)
        assertNotEquals(old, new)
        assertEquals(listOf("register", "getId", "delete", "register", "getId"), app.play.calls)
    }

    @Test
    fun `a delete that fails is told, and nothing new is asked for`() {
        app.play.isOnline = false
        assertThrows(IOException::class.java) { runBlocking { FirebasePlatform(app).reset() } }
        assertEquals(listOf("deleteToken"), app.play.calls)
    }
}
