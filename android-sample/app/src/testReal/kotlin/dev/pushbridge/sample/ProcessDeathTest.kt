package dev.pushbridge.sample

import dev.pushbridge.World
import dev.pushbridge.text
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Test

/** Real processes of the app, one after the other over one disk, each killed with SIGKILL. */
class ProcessDeathTest {
    private val backend = World.newApp(identity = "trusted")
    private val phone = Phone.of(backend.app)

    private fun process(lives: AppProcess.() -> Unit) {
        val process = AppProcess(phone)
        try {
            process.lives()
        } finally {
            process.kill()
        }
    }

    private fun send(user: String, title: String) = runBlocking { backend.send(user, title) }

    @Test
    fun `B1 B3 B5 token, inbox and a logout made offline outlive the process`() {
        process {
            tellToken()
            tap("Log in as anna")
            shows("anna is logged in")
        }
        assertEquals(emptyList<Any>(), backend.installations("anna"))
        process {
            shows("anna is logged in; the server does not know yet")
            work()
            shows("anna is logged in, and the server knows")
            assertEquals(1, send("anna", "Welcome"))
            deliver()
            shows("Welcome")
        }
        runBlocking {
            assertEquals(1, backend.send("anna", "Late"))
            World.withoutServer {
                process {
                    shows("Welcome")
                    tap("Log out")
                    shows("The last logout is not confirmed yet")
                }
            }
        }
        process {
            shows("Nobody is logged in")
            lacks("Welcome")
            deliver() // what was on its way
            work()
            asked("deleteToken, getToken")
            lacks("not confirmed")
            assertEquals(0, send("anna", "Nowhere"))
            tap("Log in as boris")
            shows("boris is logged in")
            work()
            shows("boris is logged in, and the server knows")
            assertEquals(1, send("boris", "For Boris"))
            deliver()
            shows("For Boris")
            lacks("Late")
        }
    }

    @Test
    fun `B3 a death between the core's memory of a login and the app's leaves nobody logged in`() {
        process {
            tellToken()
            logInToCoreOnly("anna")
            work()
        }
        assertEquals("live", backend.installations("anna").single().text("address_state"))
        process {
            shows("Nobody is logged in")
            work()
            assertEquals(0, send("anna", "Nowhere"))
        }
    }
}
