package dev.pushbridge.android

import androidx.work.NetworkType
import androidx.work.WorkInfo
import dev.pushbridge.DeferCause
import dev.pushbridge.LogoutState
import dev.pushbridge.SyncState
import dev.pushbridge.World
import dev.pushbridge.newUser
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

@RunWith(RobolectricTestRunner::class)
class WorkManagerSchedulerTest {
    private val app = testApplication()
    private val user = newUser()

    @After
    fun end() = app.onTerminate()

    @Test
    fun `opening asks for one sync over the network and for a daily one`() {
        app.pushbridge
        val now = checkNotNull(app.work.sync())
        assertEquals(NetworkType.CONNECTED, now.constraints.requiredNetworkType)
        val daily = app.work.infos(WorkManagerScheduler.HEARTBEAT).single()
        assertEquals(TimeUnit.DAYS.toMillis(1), daily.periodicityInfo?.repeatIntervalMillis)
        app.pushbridge.login(user)
        assertEquals(daily.id, app.work.infos(WorkManagerScheduler.HEARTBEAT).single().id)
    }

    @Test
    fun `B5 the first sync pulls the address from Firebase, with no callback`() {
        app.pushbridge.login(user)
        app.work.runAll()
        assertEquals("live", app.pushbridge.snapshot().address?.state)
        assertEquals(listOf("getToken"), app.play.calls)
    }

    @Test
    fun `while the server is down work is retried, and done once it is back`() = runBlocking<Unit> {
        app.pushbridge.login(user)
        World.withoutServer {
            val retried = app.work.run()
            assertEquals(WorkInfo.State.ENQUEUED, retried.state)
            assertEquals(1, retried.runAttemptCount)
            assertEquals(DeferCause.OFFLINE, (app.pushbridge.snapshot().sync as SyncState.Waiting).cause)
        }
        assertEquals(WorkInfo.State.SUCCEEDED, app.work.run().state)
        assertEquals(1, app.backend.send(user, "Back again"))
    }

    @Test
    fun `news end a long wait of the work before`() = runBlocking<Unit> {
        app.pushbridge.login(user)
        val waiting = World.withoutServer { app.work.run() }
        app.pushbridge.logout()
        val fresh = checkNotNull(app.work.sync())
        assertNotEquals(waiting.id, fresh.id)
        assertEquals(0, fresh.runAttemptCount)
    }

    @Test
    fun `B3 a logout is one work, reset and new address included`() {
        app.pushbridge.login(user)
        app.work.runAll()
        app.play.calls.clear()
        app.pushbridge.logout()
        assertEquals(WorkInfo.State.SUCCEEDED, app.work.run().state)
        assertEquals(listOf("deleteToken", "getToken"), app.play.calls)
        assertEquals(LogoutState.DONE, app.pushbridge.snapshot().logout)
    }

    @Test
    fun `a reset that Google refuses is retried with the work`() {
        app.pushbridge.login(user)
        app.work.runAll()
        app.play.isOnline = false
        app.pushbridge.logout()
        assertEquals(WorkInfo.State.ENQUEUED, app.work.run().state)
        app.play.isOnline = true
        assertEquals(WorkInfo.State.SUCCEEDED, app.work.run().state)
        assertEquals(LogoutState.DONE, app.pushbridge.snapshot().logout)
    }

    @Test
    fun `a process that work starts opens the core and syncs`() {
        WorkManagerScheduler(app).schedule(app.pushbridge)
        assertEquals(WorkInfo.State.SUCCEEDED, app.work.run().state)
    }
}
