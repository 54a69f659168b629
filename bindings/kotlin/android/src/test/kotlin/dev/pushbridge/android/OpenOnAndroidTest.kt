package dev.pushbridge.android

import android.app.Application
import android.content.Context
import android.os.Build
import androidx.test.platform.app.InstrumentationRegistry
import dev.pushbridge.Pushbridge
import dev.pushbridge.PushbridgeConfig
import dev.pushbridge.SyncScheduler
import dev.pushbridge.World
import java.io.File
import java.util.Locale
import java.util.TimeZone
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

@RunWith(RobolectricTestRunner::class)
@Config(application = Application::class)
class OpenOnAndroidTest {
    private val context: Context = InstrumentationRegistry.getInstrumentation().targetContext

    @Test
    fun `the store lies where no backup looks, and the phone describes itself`() = runBlocking<Unit> {
        lateinit var config: PushbridgeConfig
        val push = Pushbridge.open(context, World.serverUrl, "shop", { _, _ -> null }, scheduler = SyncScheduler.Manual) {
            config = this
            httpsOnly = false
        }
        push.close()
        assertEquals(File(context.noBackupFilesDir, "pushbridge").path, config.storeDir)
        assertTrue(File(config.storeDir).list().orEmpty().isNotEmpty())
        assertEquals("android", config.platform)
        assertEquals("2.1.0", config.appVersion)
        assertEquals(Build.VERSION.RELEASE, config.osVersion)
        assertEquals(Locale.getDefault().toLanguageTag(), config.locale)
        assertEquals(TimeZone.getDefault().id, config.timezone)
    }

    @Test
    fun `an Application that owns no Pushbridge is told what to do`() {
        val told = assertThrows(IllegalStateException::class.java) { context.pushbridge }
        assertTrue(told.message.orEmpty().contains("PushbridgeOwner"))
    }
}
