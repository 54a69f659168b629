package dev.pushbridge.sample

import android.content.Context
import androidx.annotation.StringRes
import dev.pushbridge.Pushbridge
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow

/** What differs between the flavours; each has a function `surroundingsOf`. */
interface Surroundings {
    fun open(context: Context): Pushbridge

    /** Runs as long as the process. */
    suspend fun run(push: Pushbridge) = Unit

    /** Buttons that play the platform's part; none in a real app. */
    val controls: StateFlow<List<Control>> get() = NO_CONTROLS

    private companion object {
        val NO_CONTROLS = MutableStateFlow(emptyList<Control>())
    }
}

/** One such button. [run] is called off the main thread. */
class Control(@StringRes val label: Int, val run: suspend () -> Unit)
