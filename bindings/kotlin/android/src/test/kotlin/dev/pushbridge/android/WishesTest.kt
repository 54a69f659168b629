package dev.pushbridge.android

import dev.pushbridge.DeferCause
import dev.pushbridge.SyncOutcome
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class WishesTest {
    private val wishes = Wishes()
    private var turns = 0

    @Test
    fun `a wish while nothing runs is not heard`() {
        assertFalse(wishes.isHeard())
    }

    @Test
    fun `wishes while a sync runs are one more turn`() = runBlocking<Unit> {
        wishes.serve {
            if (turns++ == 0) repeat(3) { assertTrue(wishes.isHeard()) }
            SyncOutcome.UpToDate
        }
        assertEquals(2, turns)
        assertFalse(wishes.isHeard())
    }

    @Test
    fun `what must wait for the server takes no more turns`() = runBlocking<Unit> {
        wishes.serve {
            turns++
            wishes.isHeard()
            SyncOutcome.Deferred(1.seconds, DeferCause.OFFLINE)
        }
        assertEquals(1, turns)
        assertFalse(wishes.isHeard())
    }

    @Test
    fun `a work that is stopped hears nothing more`() {
        assertThrows(CancellationException::class.java) {
            runBlocking { wishes.serve { throw CancellationException() } }
        }
        assertFalse(wishes.isHeard())
    }
}
