package dev.pushbridge.sample

import android.content.Context
import dev.pushbridge.CredentialsProvider
import dev.pushbridge.Pushbridge
import dev.pushbridge.PushbridgeConfig
import dev.pushbridge.android.open

fun surroundingsOf(context: Context): Surroundings =
    RealSurroundings(context.getString(R.string.server), context.getString(R.string.app_id), session)

/** Put your session here: your back end fetches a proof from the server, or signs one itself. */
private val session = CredentialsProvider { _, _ -> null }

/** A real Firebase project: addresses come from Firebase, which google-services.json configures. */
class RealSurroundings(
    private val server: String,
    private val app: String,
    private val credentials: CredentialsProvider,
    private val configure: PushbridgeConfig.() -> Unit = {},
) : Surroundings {
    override fun open(context: Context): Pushbridge =
        Pushbridge.open(context, server, app, credentials, configure = configure)
}
