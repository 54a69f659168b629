package dev.pushbridge.sample

import dev.pushbridge.MessageDisposition
import dev.pushbridge.ReceiptEvent

/** Takes a push in: inbox, notification, receipt. */
fun SampleApplication.receive(message: Message) {
    inbox.add(message)
    if (Notifications.show(this, message)) message.id?.let { pushbridge.receipt(it, ReceiptEvent.SHOWN) }
}

/** The person opened a message, by a tap on the notification or in the inbox. */
fun SampleApplication.open(id: String) {
    Notifications.cancel(this, id)
    inbox.markOpened(id)
    pushbridge.receipt(id, ReceiptEvent.OPENED)
}

/**
 * The person tapped a notification that Firebase showed while the app was not on the screen. It may be older than the
 * login, so the core is asked as for any other; its text is here only if the server put it into the data too.
 * Answers which message it was, if it was for this person.
 */
fun SampleApplication.openShownBySystem(data: Map<String, String>): String? {
    val id = (pushbridge.onMessage(data) as? MessageDisposition.Deliver)?.messageId ?: return null
    val message = Message.of(id, data)
    if (message.title.isNotEmpty()) inbox.add(message)
    open(id)
    return id
}
