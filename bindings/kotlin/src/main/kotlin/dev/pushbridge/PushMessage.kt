package dev.pushbridge

/** What to do with a data message. */
public sealed class MessageDisposition {
    /** Hand it to the app. [messageId] is for [Pushbridge.receipt]; none if it did not come through Pushbridge. */
    public class Deliver internal constructor(public val messageId: String?) : MessageDisposition()

    /** It is for another login: drop it. */
    public object DropForeignLogin : MessageDisposition()

    /** The server's own; the [SyncScheduler] was told. Not for the app. */
    public object Handled : MessageDisposition()

    override fun toString(): String = if (this is Deliver) "Deliver(messageId=$messageId)" else javaClass.simpleName
}

/** What happened to a message on the phone. */
public enum class ReceiptEvent {
    /** The app got it. */
    RECEIVED,

    /** It was shown. */
    SHOWN,

    /** The person opened it. */
    OPENED,
}

/** Whether the person lets the app show notifications. */
public enum class Permission {
    /** Asked and given. */
    GRANTED,

    /** Asked and refused, or switched off. */
    DENIED,

    /** Not asked yet. */
    NOT_DETERMINED,

    /** Delivered quietly until the person decides. */
    PROVISIONAL,
}
