package dev.pushbridge.sample

import android.app.Activity
import androidx.compose.runtime.MonotonicFrameClock
import androidx.compose.ui.InternalComposeUiApi
import androidx.compose.ui.platform.WindowRecomposerPolicy
import androidx.compose.ui.platform.createLifecycleAwareWindowRecomposer
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import org.robolectric.Robolectric
import org.robolectric.android.controller.ActivityController

/** Frames by the main looper, which Robolectric keeps; its Choreographer, which Compose would keep, ends with each test. */
private object TestFrames : MonotonicFrameClock {
    private const val FRAME_MS = 16L

    override suspend fun <R> withFrameNanos(onFrame: (Long) -> R): R {
        delay(FRAME_MS)
        return onFrame(System.nanoTime())
    }
}

/** Starts [activity] and lets it draw. */
@OptIn(InternalComposeUiApi::class)
fun <T : Activity> start(activity: Class<T>): ActivityController<T> =
    WindowRecomposerPolicy.withFactory({ it.createLifecycleAwareWindowRecomposer(Dispatchers.Main + TestFrames) }) {
        Robolectric.buildActivity(activity).setup()
    }
