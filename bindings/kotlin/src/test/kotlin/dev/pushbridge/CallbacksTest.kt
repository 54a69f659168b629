package dev.pushbridge

import dev.pushbridge.ffi.SyncTrigger
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.takeWhile
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Test
import dev.pushbridge.ffi.SyncOutcome as CoreOutcome

class CallbacksTest {
    private val user = newUser()

    @Test
    fun `row 26 - a listener that calls the core from its callback does not deadlock`() = runBlocking<Unit> {
        val bare = BareCore(World.newApp())
        val seen = LinkedBlockingQueue<String>()
        bare.onStatus = { core, _ ->
            core.login(user)
            seen += core.snapshot().installationId
        }
        bare.report()
        assertNotNull(seen.poll(20, TimeUnit.SECONDS))
        assertIs<CoreOutcome.Delivered>(bare.core.syncNow(20_000u, SyncTrigger.NETWORK_BACK))
        assertEquals(dev.pushbridge.ffi.LoginState.LoggedIn(true), bare.core.snapshot().login)
        bare.core.shutdown(5_000u)
    }

    @Test
    fun `row 26 - a listener that throws an exception or an Error hears the next status`() = runBlocking<Unit> {
        val bare = BareCore(World.newApp())
        val called = LinkedBlockingQueue<Int>()
        bare.onStatus = { _, _ ->
            val number = called.size + 1
            called += number
            if (number == 1) throw IllegalStateException("token=abc")
            if (number == 2) TODO("an Error in a sync callback looks like success")
        }
        bare.report()
        until({ called.size }) { it >= 1 }
        bare.core.login(user)
        until({ called.size }) { it >= 2 }
        assertIs<CoreOutcome.Delivered>(bare.core.syncNow(20_000u, SyncTrigger.NETWORK_BACK))
        until({ called.size }) { it >= 3 }
        assertIs<NotImplementedError>(bare.errors.single())
        bare.core.shutdown(5_000u)
    }

    @Test
    fun `row 26 - a listener that blocks holds up nothing but itself`() = runBlocking<Unit> {
        val bare = BareCore(World.newApp())
        val (entered, release) = CountDownLatch(1) to CountDownLatch(1)
        bare.onStatus = { _, _ ->
            entered.countDown()
            release.await()
        }
        bare.report()
        assertTrue(entered.await(20, TimeUnit.SECONDS))
        bare.core.login(user)
        assertIs<CoreOutcome.Delivered>(bare.core.syncNow(20_000u, SyncTrigger.NETWORK_BACK))
        bare.core.shutdown(5_000u)
        release.countDown()
    }

    @Test
    fun `the status flow begins with the present and ends with everything acknowledged`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        assertEquals(app.push.snapshot().installationId, app.push.status.first().installationId)
        app.push.login(user)
        val states = launch(Dispatchers.Default) {
            withTimeout(20.seconds) {
                val seen = app.push.status.map { (it.login as? LoginState.LoggedIn)?.bound }.takeWhile { it != true }
                seen.toList()
            }
        }
        assertIs<SyncOutcome.Delivered>(app.sync())
        states.join()
        assertTrue(!states.isCancelled)
        app.push.close()
    }

    @Test
    fun `a collector that throws does not reach the core`() = runBlocking<Unit> {
        val app = TestApp(World.newApp())
        val failed = runCatching { app.push.status.collect { throw IllegalStateException("in the app") } }
        assertIs<IllegalStateException>(failed.exceptionOrNull())
        app.push.login(user)
        assertIs<SyncOutcome.Delivered>(app.sync())
        app.push.close()
    }
}
