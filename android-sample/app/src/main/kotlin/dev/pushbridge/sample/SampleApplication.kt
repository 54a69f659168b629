package dev.pushbridge.sample

import android.app.Application
import android.util.Log
import dev.pushbridge.PushException
import dev.pushbridge.Pushbridge
import dev.pushbridge.android.PushbridgeOwner
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch

/** Owns what lives as long as the process. A message or a worker may start it with no activity. */
open class SampleApplication : Application(), PushbridgeOwner {
    val inbox by lazy { Inbox(this) }
    val account by lazy { Account(this, inbox) }

    /** Of the flavour: the demo, or a real Firebase project. */
    open val surroundings: Surroundings by lazy { surroundingsOf(this) }

    override val pushbridge: Pushbridge by lazy { surroundings.open(this) }

    protected val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)

    override fun onCreate() {
        super.onCreate()
        Notifications.createChannel(this)
        scope.launch { run() }
    }

    /** Opening loads a library and reads the disk; it also asks for the first sync, which fetches the address. */
    private suspend fun run() {
        try {
            account.reconcile(pushbridge)
            scope.launch { surroundings.run(pushbridge) }
            pushbridge.loggedOut.collect { account.reconcile(pushbridge) }
        } catch (e: PushException) {
            Log.e("Sample", "no push in this process", e)
        }
    }
}
