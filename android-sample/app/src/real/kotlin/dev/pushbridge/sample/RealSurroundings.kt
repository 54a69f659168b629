package dev.pushbridge.sample

import android.content.Context
import dev.pushbridge.CredentialsProvider
import dev.pushbridge.Pushbridge
import dev.pushbridge.android.open

@Suppress("UNUSED_PARAMETER")
fun surroundingsOf(context: Context): Surroundings = RealSurroundings()

/** A real Firebase project: addresses come from Firebase, which google-services.json configures. */
class RealSurroundings : Surroundings {
    override fun open(context: Context): Pushbridge =
        Pushbridge.open(context, context.getString(R.string.server), context.getString(R.string.app_id), credentials)

    /** Put your session here: your back end fetches a proof from the server, or signs one itself. */
    private val credentials = CredentialsProvider { _, _ -> null }
}
