package dev.pushbridge.android

import dev.pushbridge.SyncOutcome

/**
 * Wishes for a sync that come while one runs. In: [isHeard] from any thread. Out: one more turn of [serve].
 *
 * Without it a wish would replace the very work that is running: a sync asks for a reset of the address, and to open
 * the core, which the first worker of a process does, is a wish as well.
 */
internal class Wishes {
    private var serving = 0
    private var isOpen = false

    /** Whether a running [serve] takes the wish; else the caller must enqueue work. */
    @Synchronized
    fun isHeard(): Boolean {
        if (serving > 0) isOpen = true
        return serving > 0
    }

    /** Runs [sync], and again while wishes came meanwhile and it gets through. */
    suspend fun serve(sync: suspend () -> SyncOutcome): SyncOutcome {
        begin()
        var hasEnded = false
        try {
            while (true) {
                val outcome = sync()
                // What must wait for the server is retried as a whole, wishes included.
                hasEnded = end(isForced = outcome is SyncOutcome.Deferred)
                if (hasEnded) return outcome
            }
        } finally {
            if (!hasEnded) end(isForced = true)
        }
    }

    @Synchronized
    private fun begin() {
        serving++
    }

    /** Looks for a wish and ends in the same moment: none falls in between. */
    @Synchronized
    private fun end(isForced: Boolean): Boolean {
        val ends = isForced || !isOpen
        isOpen = false
        if (ends) serving--
        return ends
    }
}
