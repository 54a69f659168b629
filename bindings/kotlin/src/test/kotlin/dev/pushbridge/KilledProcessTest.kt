package dev.pushbridge

import java.io.File
import java.util.concurrent.TimeUnit
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test

class KilledProcessTest {
    /** B3, I9. The child says when its last call has returned, and is killed before it could sync. */
    private fun runAndKill(app: Backend, folder: String, vararg calls: String) {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val child = ProcessBuilder(
            java, "-cp", System.getProperty("java.class.path"),
            "-Djna.library.path=" + System.getProperty("jna.library.path"),
            "dev.pushbridge.KilledAppKt", World.serverUrl, app.app, folder, *calls,
        ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        assertEquals("durable", child.inputStream.bufferedReader().readLine())
        child.destroyForcibly()
        assertEquals(true, child.waitFor(20, TimeUnit.SECONDS))
        assertEquals(128 + 9, child.exitValue())
    }

    @Test
    fun `row 1 - a process killed between callback and sync loses nothing`() = runBlocking<Unit> {
        val backend = World.newApp()
        val (phone, folder, user) = Triple(EmulatedPhone(), World.folder("killed"), newUser())
        runAndKill(backend, folder, "token", phone.registration().value, "login", user)
        val again = TestApp(backend, phone, folder)
        assertEquals(2, again.push.snapshot().revision)
        assertIs<SyncOutcome.Delivered>(again.sync())
        assertEquals(2, again.push.snapshot().ackedRevision)
        assertEquals(1, backend.send(user, "Survived"))
        assertEquals(listOf("Survived"), phone.titles())
        again.push.close()
    }

    @Test
    fun `row 1 - a process killed right after a logout still logs out and resets`() = runBlocking<Unit> {
        val first = TestApp(World.newApp())
        val user = newUser()
        first.push.login(user)
        first.sync()
        first.push.close()
        runAndKill(first.backend, first.folder, "logout", "")
        val again = TestApp(first.backend, first.phone, first.folder)
        assertIs<SyncOutcome.Delivered>(again.sync())
        assertEquals(LogoutState.DONE, again.push.snapshot().logout)
        assertEquals(1, again.phone.resets.get())
        assertEquals(0, again.backend.send(user, "Gone"))
        again.push.close()
    }
}
