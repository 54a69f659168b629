package dev.pushbridge

import java.io.File
import kotlin.math.abs
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.boolean
import org.junit.jupiter.api.Test

class DiagnosisTest {
    private val user = newUser()

    @Test
    fun `a healthy phone has no findings, and the server agrees`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        assertEquals(listOf("address_none", "user_none", "permission_unknown"), app.push.diagnose().codes)
        app.push.setPermission(Permission.GRANTED)
        app.push.login(user)
        app.sync()
        val found = app.push.diagnose()
        assertEquals(emptyList(), found.codes)
        assertTrue(found.getsPush)
        assertEquals(Permission.GRANTED, found.permission)
        assertTrue(abs(assertNotNull(found.clockOffsetMs)) < 60_000)
        assertTrue(app.backend.explain(user).getValue("reachable").jsonPrimitive.boolean)
        app.push.setPermission(Permission.DENIED)
        assertEquals(listOf("sync_pending", "permission_denied"), app.push.diagnose().codes)
        app.push.close()
    }

    @Test
    fun `a server that cannot be reached is found, and what it does not know`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        World.withoutServer {
            app.push.setPermission(Permission.GRANTED)
            app.push.login(user)
            app.sync()
            val found = app.push.diagnose()
            assertEquals(listOf("wait_offline"), found.codes)
            assertFalse(found.getsPush)
            assertEquals(1, found.failures)
            assertEquals(null, found.lastAnswerAgeMs)
        }
        app.push.close()
    }

    @Test
    fun `an app that the server does not know is refused by its code`() = runBlocking<Unit> {
        val app = TestApp(Backend("nobody", JsonClient(World.serverUrl)))
        val outcome = app.sync()
        assertEquals("Rejected(code=not_found)", outcome.toString())
        val finding = app.push.diagnose().findings.single { it.code == "rejected" }
        assertEquals("not_found", finding.detail)
        assertTrue(finding.blocksPush)
        app.push.close()
    }

    /** I11. */
    @Test
    fun `nothing that prints holds the token or the user`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        app.push.login(user)
        app.sync()
        val token = app.phone.registration().value
        val printed = listOf(app.push.snapshot(), app.push.diagnose(), app.phone.registration()).joinToString()
        assertFalse(token in printed)
        assertFalse(user in printed)
        app.push.close()
    }

    @Test
    fun `every reason code stands in the documentation`() {
        val documented = File(System.getProperty("pushbridge.docs"), "REASONS.md").readText()
        val codes = dev.pushbridge.ffi.explainFindings()
        assertTrue(codes.size > 20)
        assertEquals(emptyList(), codes.map { it.code }.filterNot { "| `$it` |" in documented })
    }
}
