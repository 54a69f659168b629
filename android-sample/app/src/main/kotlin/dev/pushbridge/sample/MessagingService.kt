package dev.pushbridge.sample

import com.google.firebase.messaging.RemoteMessage
import dev.pushbridge.android.PushbridgeMessagingService

/** Addresses and the shield against messages of another login are the base's work; here comes what is to be shown. */
class MessagingService : PushbridgeMessagingService() {
    override fun onPush(message: RemoteMessage, messageId: String?) {
        val shown = message.notification
        (application as SampleApplication).receive(
            Message(
                id = messageId,
                title = shown?.title ?: message.data["title"].orEmpty(),
                body = shown?.body ?: message.data["body"].orEmpty(),
            ),
        )
    }
}
