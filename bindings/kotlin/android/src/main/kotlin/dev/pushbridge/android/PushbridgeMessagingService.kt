package dev.pushbridge.android

import android.util.Log
import com.google.firebase.messaging.FirebaseMessagingService
import com.google.firebase.messaging.RemoteMessage
import dev.pushbridge.MessageDisposition
import dev.pushbridge.PushException
import dev.pushbridge.Pushbridge
import dev.pushbridge.ReceiptEvent
import dev.pushbridge.Registration
import dev.pushbridge.RegistrationKind

/**
 * Hands everything that Firebase says to the core, in both dialects, and to the app what is for it. Declare the
 * subclass in the manifest with the action `com.google.firebase.MESSAGING_EVENT`.
 *
 * Firebase calls on a background thread and gives about ten seconds: the core only remembers, WorkManager syncs.
 * An app with a service of its own calls [Pushbridge.onRegistration], [Pushbridge.onRegistrationLost] and
 * [Pushbridge.onMessage] from there instead.
 */
public abstract class PushbridgeMessagingService : FirebaseMessagingService() {
    /**
     * A message for this phone, and if it names a login, for the person who is logged in. Counted as received already.
     *
     * @param messageId for [Pushbridge.receipt]; none if it did not come through Pushbridge.
     */
    protected abstract fun onPush(message: RemoteMessage, messageId: String?)

    @Deprecated("Firebase calls it in apps that use registration tokens")
    override fun onNewToken(token: String) {
        tell { onRegistration(Registration.Token(token)) }
    }

    override fun onRegistered(installationId: String) {
        tell { onRegistration(Registration.Fid(installationId)) }
    }

    override fun onUnregistered(installationId: String) {
        tell { onRegistrationLost(RegistrationKind.FID) }
    }

    final override fun onMessageReceived(message: RemoteMessage) {
        val said = tell { onMessage(message.data) }
        if (said !is MessageDisposition.Deliver) return // the server's own, for another login, or nobody could say
        said.messageId?.let { tell { receipt(it, ReceiptEvent.RECEIVED) } }
        onPush(message, said.messageId)
    }

    /** A full disk must not end the app. The next pull of the address makes up for what was not taken in. */
    private fun <T> tell(call: Pushbridge.() -> T): T? =
        try {
            pushbridge.call()
        } catch (e: PushException) {
            Log.w(TAG, "not taken in: ${e.message}")
            null
        }
}
