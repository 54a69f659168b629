package dev.pushbridge

import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNotEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test

class LifeOfATokenTest {
    /** A6, B1, B5. */
    @Test
    fun `the first token and the login reach the server in one sync, and a push arrives`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        val user = newUser()
        assertTrue(app.push.login(user).workNeeded)
        assertIs<SyncOutcome.Delivered>(app.sync())
        assertEquals(LoginState.LoggedIn::class, app.push.snapshot().login::class)
        assertTrue((app.push.snapshot().login as LoginState.LoggedIn).bound)
        assertEquals("live", app.push.snapshot().address?.state)
        assertEquals(1, app.backend.send(user, "Welcome"))
        assertEquals(listOf("Welcome"), app.phone.titles())
        app.push.close()
    }

    /** B4, B8. */
    @Test
    fun `a rotated token replaces the old one and nobody logs in again`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        val user = newUser()
        app.push.login(user)
        app.sync()
        val old = app.push.snapshot().address?.fingerprint
        val accepted = app.push.onRegistration(app.phone.rotate())
        assertTrue(accepted.changed && accepted.workNeeded)
        assertIs<SyncOutcome.Delivered>(app.sync())
        val new = app.push.snapshot().address?.fingerprint
        assertNotEquals(old, new)
        assertEquals(listOf(new), app.backend.installations(user).map { it.text("address_fingerprint") })
        assertEquals(1, app.backend.send(user, "Still here"))
        assertEquals(listOf("Still here"), app.phone.titles())
        app.push.close()
    }

    /** B2, B6. */
    @Test
    fun `two phones of one account are both reached`() = runBlocking<Unit> {
        val backend = World.newApp()
        val user = newUser()
        val apps = List(2) { TestApp(backend) }
        apps.forEach {
            it.push.login(user)
            it.sync()
        }
        assertEquals(2, backend.send(user, "To both"))
        apps.forEach {
            assertEquals(listOf("To both"), it.phone.titles())
            it.push.close()
        }
    }

    /** I10: without a server any request would be a deferral. */
    @Test
    fun `row 8 - the same token reported a hundred times makes no request`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        app.sync()
        World.withoutServer {
            repeat(100) { assertFalse(app.push.onRegistration(app.phone.registration()).workNeeded) }
            assertIs<SyncOutcome.UpToDate>(app.sync())
        }
        app.push.close()
    }

    @Test
    fun `row 10 - a switch from token to FID keeps the installation`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        val user = newUser()
        app.push.login(user)
        app.sync()
        val installation = app.push.snapshot().installationId
        app.phone.usesFid = true
        app.push.onRegistration(app.phone.registration())
        assertIs<SyncOutcome.Delivered>(app.sync())
        assertEquals(RegistrationKind.FID, app.push.snapshot().address?.kind)
        val found = app.backend.installations(user).single()
        assertEquals(installation, found.text("installation"))
        assertEquals("fcm_fid", found.text("address_kind"))
        assertEquals(1, app.backend.send(user, "By FID"))
        app.push.close()
    }

    @Test
    fun `row 30 - a lost token leaves the login and stops the pushes`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        val user = newUser()
        app.push.login(user)
        app.sync()
        app.push.onRegistrationLost(RegistrationKind.TOKEN)
        assertIs<SyncOutcome.Delivered>(app.sync())
        assertEquals(0, app.backend.send(user, "Nobody hears"))
        assertTrue((app.push.snapshot().login as LoginState.LoggedIn).bound)
        assertEquals(listOf("address_none"), app.push.diagnose().codes.filter { it.startsWith("address") })
        app.push.close()
    }

    @Test
    fun `row 19 - a second owner of the store is refused and the first goes on`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        val refused = runCatching { TestApp(app.backend, app.phone, app.folder) }.exceptionOrNull()
        assertIs<PushException.Busy>(refused)
        app.push.login(newUser())
        assertIs<SyncOutcome.Delivered>(app.sync())
        app.push.close()
    }
}
