package dev.pushbridge.sample

import android.app.Application
import android.util.Log
import dev.pushbridge.PushException
import dev.pushbridge.Pushbridge
import dev.pushbridge.android.PushbridgeOwner
import kotlin.concurrent.thread

/** Owns what lives as long as the process. A message or a worker may start it with no activity. */
open class SampleApplication : Application(), PushbridgeOwner {
    val account by lazy { Account(this) }
    val inbox by lazy { Inbox(this) }

    /** Of the flavour: the demo, or a real Firebase project. */
    open val surroundings: Surroundings by lazy { surroundingsOf(this) }

    override val pushbridge: Pushbridge by lazy { surroundings.open(this) }

    override fun onCreate() {
        super.onCreate()
        Notifications.createChannel(this)
        // Opening loads a library and reads the disk; it also asks for the first sync, which fetches the address.
        thread {
            try {
                surroundings.start(pushbridge)
            } catch (e: PushException) {
                Log.e("Sample", "no push in this process", e)
            }
        }
    }
}
