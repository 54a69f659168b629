package dev.pushbridge.sample

import android.app.Activity
import android.graphics.Bitmap
import android.graphics.Canvas
import android.os.Looper
import androidx.compose.ui.semantics.SemanticsActions
import androidx.test.platform.app.InstrumentationRegistry
import dev.pushbridge.android.eventually
import java.io.File
import java.time.Duration
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** The screen on a phone in portrait, drawn to `sample-demo/screens` of the build and kept in docs/; and as TalkBack reads it. */
@RunWith(RobolectricTestRunner::class)
@Config(application = DemoSample::class, qualifiers = "w411dp-h891dp-hdpi")
class LooksTest {
    private val app = InstrumentationRegistry.getInstrumentation().targetContext.applicationContext as DemoSample

    @After
    fun end() = app.onTerminate()

    @Test
    fun `light, dark, large and read aloud, and every button says what it is and is high enough`() {
        runBlocking { app.pushbridge.status.first() }
        app.account.logIn("anna", app.pushbridge)
        app.inbox.add(Message("1", "Welcome", "Your account is ready", isOpened = true))
        app.inbox.add(Message("2", "Your parcel left", "It arrives tomorrow between 9 and 12"))
        everyLook("") { shows("Allow notifications") }
        Notifications.rememberAsked(app) // and refused
        everyLook("-end") {
            scrollTo(DOCTOR)
            shows("permission_denied")
        }
        RuntimeEnvironment.setQualifiers("+h2000dp") // all of it
        onScreen { activity ->
            shows("permission_denied")
            assertEquals(File(READ).readText(), TalkBack(activity).lines().joinToString("\n", postfix = "\n"))
            `an age grows while one looks at it`(this)
        }
    }

    private fun `an age grows while one looks at it`(screen: Screen) {
        val minutes = { Regex("registered (\\d+) minutes? ago").find(screen.text())?.groupValues?.get(1)?.toInt() ?: 0 }
        val before = minutes()
        shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMinutes(3))
        screen.shows("registered ${before + 3} minutes ago")
    }

    private fun everyLook(part: String, await: Screen.() -> Unit) {
        draw("light$part", await)
        RuntimeEnvironment.setQualifiers("+night")
        draw("dark$part", await)
        RuntimeEnvironment.setQualifiers("+notnight")
        RuntimeEnvironment.setFontScale(2f)
        draw("large$part", await)
        RuntimeEnvironment.setFontScale(1f)
    }

    private fun draw(name: String, await: Screen.() -> Unit) = onScreen { activity ->
        await()
        val buttons = nodes().filter { SemanticsActions.OnClick in it.config }
        assertTrue(buttons.isNotEmpty())
        assertEquals(emptyList<Any>(), buttons.filter { textOf(it).isBlank() })
        val least = TOUCH_DP * app.resources.displayMetrics.density
        assertEquals(emptyList<Any>(), buttons.filter { it.layoutInfo.height < least }.map(::textOf))
        val root = activity.window.decorView
        val picture = Bitmap.createBitmap(root.width, root.height, Bitmap.Config.ARGB_8888)
        root.draw(Canvas(picture))
        val file = File(System.getProperty("android.screens"), "android-sample-$name.png").apply { parentFile?.mkdirs() }
        file.outputStream().use { picture.compress(Bitmap.CompressFormat.PNG, 100, it) }
    }

    private fun onScreen(look: Screen.(Activity) -> Unit) {
        val activity = start(MainActivity::class.java)
        val screen = Screen(activity.get())
        screen.shows("anna is logged in")
        // A start tells the core what the person allows, which is news for the server.
        eventually("the core knows") { app.pushbridge.diagnose().permission == Notifications.permission(app) }
        app.work.runAll()
        screen.shows("anna is logged in, and the server knows")
        screen.lacks("not with the server yet")
        screen.look(activity.get())
        activity.pause().stop().destroy()
    }

    private companion object {
        /** The least height of what can be touched. */
        const val TOUCH_DP = 48

        /** The last card. */
        const val DOCTOR = 5

        /** What TalkBack reads. */
        const val READ = "android-sample/app/src/testDemo/talkback.txt"
    }
}
