package dev.pushbridge

/** A local fault. Being offline or refused is a [SyncOutcome] instead. No text holds an address, a secret or a user. */
public sealed class PushException(message: String) : Exception(message) {
    /** Another process or object has this store open. The first goes on. */
    public class Busy internal constructor(message: String) : PushException(message)

    /** The store cannot be used now: full disk, or a device not unlocked yet. Nothing has changed; try again later. */
    public class Storage internal constructor(message: String) : PushException(message)

    /** The configuration is wrong. Nothing but another one helps. */
    public class Config internal constructor(message: String) : PushException(message)

    /** An argument is not what it should be. */
    public class InvalidInput internal constructor(message: String) : PushException(message)

    /** [Pushbridge.close] was called. */
    public class Closed internal constructor(message: String) : PushException(message)

    /** A fault of the core or the system. */
    public class Internal internal constructor(message: String) : PushException(message)
}
