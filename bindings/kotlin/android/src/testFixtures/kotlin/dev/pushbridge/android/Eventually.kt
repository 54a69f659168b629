package dev.pushbridge.android

import android.os.Looper
import java.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import org.robolectric.Shadows.shadowOf

/** Lets the main thread work until [holds]. Waits on other threads and programs; the limit is for a test that fails. */
fun eventually(what: String, holds: () -> Boolean) {
    val end = TimeSource.Monotonic.markNow() + LIMIT
    do {
        shadowOf(Looper.getMainLooper()).idleFor(FRAME) // a frame is drawn when its time has come
        if (holds()) return
        Thread.sleep(PAUSE_MS)
    } while (end.hasNotPassedNow())
    error("not within $LIMIT: $what")
}

private const val PAUSE_MS = 10L
private val FRAME = Duration.ofMillis(16)
private val LIMIT = 30.seconds
