package dev.pushbridge

import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Test

class SchedulerTest {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val scheduler = InProcessScheduler(scope)
    private val user = newUser()

    private suspend fun TestApp.waitFor(holds: (PushStatus) -> Boolean): PushStatus =
        withTimeout(40.seconds) { push.status.first(holds) }

    private fun isBound(status: PushStatus) = (status.login as? LoginState.LoggedIn)?.bound == true

    /** The five lines of README: nobody calls sync. */
    @Test
    fun `an app that only reports and logs in is reached, and after its logout is not`() = runBlocking<Unit> {
        val app = TestApp(World.newApp(), scheduler = scheduler)
        app.push.login(user)
        app.waitFor(::isBound)
        assertEquals(1, app.backend.send(user, "By itself"))
        app.push.logout()
        app.waitFor { it.logout == LogoutState.DONE && !it.resetPending }
        assertEquals(0, app.backend.send(user, "Gone"))
        app.push.close()
        scope.cancel()
    }

    /** I9. */
    @Test
    fun `a server that comes back hears what happened meanwhile`() = runBlocking<Unit> {
        val app = TestApp(World.newApp(), scheduler = scheduler)
        app.waitFor { it.address?.state == "live" }
        World.withoutServer {
            app.push.login(user)
            app.push.onRegistration(app.phone.rotate())
            app.waitFor { (it.sync as? SyncState.Waiting)?.cause == DeferCause.OFFLINE }
        }
        scheduler.networkIsBack()
        app.waitFor(::isBound)
        assertEquals(1, app.backend.send(user, "Back again"))
        assertTrue("Back again" in app.phone.titles())
        app.push.close()
        scope.cancel()
    }
}
