package dev.pushbridge.sample

import android.graphics.Bitmap
import android.graphics.Canvas
import androidx.compose.ui.semantics.SemanticsActions
import androidx.test.platform.app.InstrumentationRegistry
import java.io.File
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/** The screen on a phone in portrait, drawn to `target/android/sample-demo/screens`; docs/ keeps three of them. */
@RunWith(RobolectricTestRunner::class)
@Config(application = DemoSample::class, qualifiers = "w411dp-h891dp-hdpi")
class LooksTest {
    private val app = InstrumentationRegistry.getInstrumentation().targetContext.applicationContext as DemoSample

    @After
    fun end() = app.onTerminate()

    @Test
    fun `light, dark and large, and every button says what it is and is high enough`() {
        runBlocking { app.pushbridge.status.first() }
        app.account.logIn("anna", app.pushbridge)
        app.work.runAll()
        app.inbox.add(Message("1", "Welcome", "Your account is ready", isOpened = true))
        app.inbox.add(Message("2", "Your parcel left", "It arrives tomorrow between 9 and 12"))
        draw("light")
        RuntimeEnvironment.setQualifiers("+night")
        draw("dark")
        RuntimeEnvironment.setQualifiers("+notnight")
        RuntimeEnvironment.setFontScale(2f)
        draw("large")
    }

    private fun draw(name: String) {
        val activity = start(MainActivity::class.java)
        val screen = Screen(activity.get())
        screen.shows("anna is logged in, and the server knows")
        screen.shows("Your parcel left")
        val buttons = screen.nodes().filter { SemanticsActions.OnClick in it.config }
        assertTrue(buttons.size >= 3)
        assertEquals(emptyList<Any>(), buttons.filter { screen.textOf(it).isBlank() })
        val least = TOUCH_DP * app.resources.displayMetrics.density
        assertEquals(emptyList<Any>(), buttons.filter { it.layoutInfo.height < least }.map(screen::textOf))
        val root = activity.get().window.decorView
        val picture = Bitmap.createBitmap(root.width, root.height, Bitmap.Config.ARGB_8888)
        root.draw(Canvas(picture))
        val file = File(System.getProperty("android.screens"), "android-sample-$name.png").apply { parentFile?.mkdirs() }
        file.outputStream().use { picture.compress(Bitmap.CompressFormat.PNG, 100, it) }
        activity.pause().stop().destroy()
    }

    private companion object {
        /** The least height of what can be touched. */
        const val TOUCH_DP = 48
    }
}
