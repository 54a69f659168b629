package dev.pushbridge

/**
 * What FCM calls this app instance. The kind is what the platform said it is, never guessed from the value.
 *
 * The value is as good as a key to the phone's pushes: it is not printed.
 */
public sealed class Registration(internal val value: String) {
    /** A registration token: `onNewToken`, `getToken`. */
    public class Token(value: String) : Registration(value)

    /** A Firebase Installation ID: `onRegistered`. */
    public class Fid(value: String) : Registration(value)

    override fun equals(other: Any?): Boolean =
        other is Registration && other.javaClass == javaClass && other.value == value

    override fun hashCode(): Int = value.hashCode()

    override fun toString(): String = "${kind.name.lowercase()}(..)"

    /** Its kind. */
    public val kind: RegistrationKind
        get() = when (this) {
            is Token -> RegistrationKind.TOKEN
            is Fid -> RegistrationKind.FID
        }
}

/** Kind of a [Registration]. */
public enum class RegistrationKind {
    /** A registration token. */
    TOKEN,

    /** A Firebase Installation ID. */
    FID,
}
