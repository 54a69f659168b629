package dev.pushbridge

import java.io.IOException
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNotEquals
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Test

class LogoutTest {
    /** A8, B3. */
    @Test
    fun `a logout resets the token and the account gets nothing on this phone`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        val user = newUser()
        app.push.login(user)
        app.sync()
        val old = app.push.snapshot().address?.fingerprint
        app.push.logout()
        assertIs<SyncOutcome.Delivered>(app.sync())
        val status = app.push.snapshot()
        assertEquals(LogoutState.DONE, status.logout)
        assertEquals(1, app.phone.resets.get())
        assertNotEquals(old, status.address?.fingerprint)
        assertEquals(0, app.backend.send(user, "Gone"))
        app.push.close()
    }

    /** B3, I9. */
    @Test
    fun `row 6 - a logout made without a server is done once it is back`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        val user = newUser()
        app.push.login(user)
        app.sync()
        World.withoutServer {
            app.push.logout()
            val outcome = assertIs<SyncOutcome.Deferred>(app.sync())
            assertEquals(DeferCause.OFFLINE, outcome.cause)
            assertEquals(LogoutState.PENDING, app.push.snapshot().logout)
            assertTrue("logout_pending" in app.push.diagnose().codes)
        }
        assertIs<SyncOutcome.Delivered>(app.sync())
        assertEquals(LogoutState.DONE, app.push.snapshot().logout)
        assertEquals(0, app.backend.send(user, "Gone"))
        app.push.close()
    }

    /** B3, I4. */
    @Test
    fun `row 5 - out as one and in as another without a server, across a restart, ends with the other`() =
        runBlocking<Unit> {
            val first = TestApp(World.newApp())
            val (anna, boris) = newUser() to newUser()
            first.push.login(anna)
            first.sync()
            World.withoutServer {
                first.push.logout()
                first.push.close()
            }
            val again = TestApp(first.backend, first.phone, first.folder)
            again.push.login(boris)
            assertIs<SyncOutcome.Delivered>(again.sync())
            assertEquals(0, again.backend.send(anna, "For Anna"))
            assertEquals(1, again.backend.send(boris, "For Boris"))
            assertEquals(listOf("For Boris"), again.phone.titles())
            again.push.close()
        }

    @Test
    fun `a login over another account is a logout of the first`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        val (anna, boris) = newUser() to newUser()
        app.push.login(anna)
        app.sync()
        app.push.login(boris)
        assertIs<SyncOutcome.Delivered>(app.sync())
        assertEquals(1, app.phone.resets.get())
        assertEquals(0, app.backend.send(anna, "For Anna"))
        assertEquals(1, app.backend.send(boris, "For Boris"))
        app.push.close()
    }

    /** The server knows of the logout although the platform fails; the reset is asked for until it is done. */
    @Test
    fun `a platform that cannot reset delays the reset and not the logout`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        val user = newUser()
        app.push.login(user)
        app.sync()
        app.push.logout()
        app.phone.failure = IOException("SERVICE_NOT_AVAILABLE")
        val outcome = assertIs<SyncOutcome.Deferred>(app.sync())
        assertEquals(DeferCause.PLATFORM, outcome.cause)
        assertEquals(0, app.backend.send(user, "Gone"))
        app.phone.failure = NoClassDefFoundError("no Play Services")
        assertIs<SyncOutcome.Deferred>(app.sync())
        app.phone.failure = null
        assertIs<SyncOutcome.Delivered>(app.sync())
        assertEquals(LogoutState.DONE, app.push.snapshot().logout)
        app.push.close()
    }

    /** B7. */
    @Test
    fun `an eviction is told to the app, again after a restart, until it logs in`() = runBlocking<Unit> {
        val backend = World.newApp(policy = "single")
        val user = newUser()
        val (old, new) = TestApp(backend) to TestApp(backend)
        old.push.login(user)
        old.sync()
        new.push.login(user)
        new.sync()
        old.push.onRegistration(old.phone.rotate())
        assertIs<SyncOutcome.Delivered>(old.sync())
        val reason = withTimeout(20.seconds) { old.push.loggedOut.first() }
        assertEquals(LoggedOutReason.Evicted("policy_single"), reason)
        assertTrue("user_evicted" in old.push.diagnose().codes)
        old.push.close()
        val restarted = TestApp(backend, old.phone, old.folder)
        assertEquals(reason, withTimeout(20.seconds) { restarted.push.loggedOut.first() })
        restarted.push.login(user)
        assertIs<SyncOutcome.Delivered>(restarted.sync())
        assertEquals(1, backend.send(user, "Back here"))
        assertEquals(listOf("Back here"), restarted.phone.titles())
        restarted.push.close()
        new.push.close()
    }
}
