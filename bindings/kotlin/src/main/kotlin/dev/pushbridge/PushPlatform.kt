package dev.pushbridge

/**
 * The platform's half: Firebase on Android, a test double elsewhere. Called by [Pushbridge.sync], one call at a time;
 * may suspend, and may throw: the next sync asks again.
 */
public interface PushPlatform {
    /** `getToken()` or `register()`. None if there is no registration yet. */
    public suspend fun current(): Registration?

    /**
     * Makes the present registration useless and fetches a fresh one: `deleteToken()` then `getToken()`; in FID mode
     * the Firebase installation is deleted, then `register()`. Part of every logout.
     */
    public suspend fun reset(): Registration
}

/** Proves to the server who is logged in. */
public fun interface CredentialsProvider {
    /**
     * A JWT of the app's own issuer, or one that the server signed for the back end, that says [userId] is logged in.
     * With [forceRefresh] the last one was refused. None if there is none now. An exception counts as none.
     */
    public suspend fun proof(userId: String, forceRefresh: Boolean): String?
}

/** Runs [Pushbridge.sync] when there is something to tell. */
public fun interface SyncScheduler {
    /** There is work. Cheap, may be called often, on any thread; many calls may become one sync. */
    public fun schedule(push: Pushbridge)

    public companion object {
        /** The app calls [Pushbridge.sync] itself. */
        @JvmField
        public val Manual: SyncScheduler = SyncScheduler { }
    }
}
