package dev.pushbridge.sample

import com.google.firebase.messaging.RemoteMessage
import dev.pushbridge.android.PushbridgeMessagingService

/** Addresses and the shield against messages of another login are the base's work; here comes what is to be shown. */
class MessagingService : PushbridgeMessagingService() {
    override fun onPush(message: RemoteMessage, messageId: String?) {
        val shown = message.notification // Firebase shows it itself while the app is not on the screen
        (application as SampleApplication).receive(Message.of(messageId, message.data, shown?.title, shown?.body))
    }
}
