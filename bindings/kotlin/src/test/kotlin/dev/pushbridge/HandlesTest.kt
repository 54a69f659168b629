package dev.pushbridge

import dev.pushbridge.ffi.FfiConverterTypeCredentialsProvider
import dev.pushbridge.ffi.FfiConverterTypePushListener
import dev.pushbridge.ffi.uniffiContinuationHandleMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Test

/** What UniFFI keeps of ours on behalf of the core: callbacks until it lets go of them, and calls that are awaited. */
class HandlesTest {
    private val held: List<Int>
        get() = listOf(
            FfiConverterTypeCredentialsProvider.handleMap.size,
            FfiConverterTypePushListener.handleMap.size,
            uniffiContinuationHandleMap.size,
        )

    /** A core that nobody refers to is freed by the collector of garbage, and its threads end after its close. */
    private suspend fun until(holds: (List<Int>) -> Boolean): List<Int> = until({ System.gc(); held }, holds)

    @Test
    fun `row 12 - closed cores leave nothing behind in the tables of callbacks`() = runBlocking<Unit> {
        val backend = World.newApp()
        val before = until { it.last() == 0 }
        val asked = AtomicInteger()
        repeat(6) { number ->
            val user = newUser()
            val app = TestApp(backend) { named, _ ->
                asked.incrementAndGet()
                when (number % 3) {
                    0 -> backend.proof(named)
                    1 -> null
                    else -> throw IllegalStateException("token=abc")
                }
            }
            app.push.login(user)
            // No more can be told: cores of other tests may go at any moment.
            assertTrue(held.take(2).all { it > 0 }, "an open core holds its callbacks: $held")
            app.sync()
            app.push.close()
        }
        assertTrue(asked.get() >= 6, "each core asked for a proof")
        // Less, if cores of other tests went meanwhile.
        val isSmall = { now: List<Int> -> now.zip(before).all { (now, before) -> now <= before } }
        val after = withTimeoutOrNull(20.seconds) { until(isSmall) } ?: held
        assertTrue(isSmall(after), "held before: $before, after all were closed: $after")
    }
}
