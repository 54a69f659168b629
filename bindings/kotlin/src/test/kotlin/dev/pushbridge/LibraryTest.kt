package dev.pushbridge

import kotlin.io.path.createTempDirectory
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test

/** Needs the native library and no other program: package.sh runs it against the one inside the jar. */
class LibraryTest {
    private object NoPlatform : PushPlatform {
        override suspend fun current(): Registration? = null

        override suspend fun reset(): Registration = error("nobody asks for that")
    }

    @Test
    fun `the library is found and opens a store`() = runBlocking<Unit> {
        val folder = createTempDirectory("pushbridge-library").toFile()
        val open = { server: String ->
            Pushbridge.open(PushbridgeConfig(server, "shop", folder.path), NoPlatform, { _, _ -> null })
        }
        assertFailsWith<PushException.Config> { open("http://push.example.com") }
        val push = open("https://push.example.com")
        push.login("42")
        assertEquals(1L, push.snapshot().revision)
        push.close()
        folder.deleteRecursively()
    }
}
