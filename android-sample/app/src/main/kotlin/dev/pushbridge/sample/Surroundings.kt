package dev.pushbridge.sample

import android.content.Context
import dev.pushbridge.Pushbridge

/** What differs between the flavours; each has a function `surroundingsOf`. */
interface Surroundings {
    fun open(context: Context): Pushbridge

    /** Called once per process, off the main thread. */
    fun start(push: Pushbridge) = Unit

    /** Buttons that play the platform's part; none in a real app. */
    val controls: List<Control> get() = emptyList()
}

/** One such button. [run] is called off the main thread. */
class Control(val label: String, val run: suspend () -> Unit)
