package dev.pushbridge.android

import android.content.Context
import dev.pushbridge.Pushbridge

/**
 * The app's `Application`. A worker or a message may start the process with no activity, so the one [Pushbridge] of the
 * process must be found from any context:
 * ```
 * class ShopApplication : Application(), PushbridgeOwner {
 *     override val pushbridge by lazy { Pushbridge.open(this, "https://push.example.com", "shop", credentials) }
 * }
 * ```
 */
public interface PushbridgeOwner {
    /**
     * The same one every time. Opened by the first who asks, on whatever thread that is: opening loads a native library
     * and reads the disk, so ask first on a background thread.
     */
    public val pushbridge: Pushbridge
}

/** The [Pushbridge] of the app that this context belongs to. */
public val Context.pushbridge: Pushbridge
    get() {
        val owner = applicationContext as? PushbridgeOwner
        return checkNotNull(owner) { "the Application must implement PushbridgeOwner" }.pushbridge
    }
