package dev.pushbridge

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * What the core needs to know.
 *
 * @property baseUrl where the server is, such as `https://push.example.com`.
 * @property appId the app's id on that server.
 * @property storeDir folder of the database, private to the app and outside of any backup; on Android under
 * `noBackupFilesDir`.
 */
public class PushbridgeConfig(
    public val baseUrl: String,
    public val appId: String,
    public val storeDir: String,
    init: PushbridgeConfig.() -> Unit = {},
) {
    /** Name of the system in the protocol: `android`, `ios`, `web`, or another in lower case. */
    public var platform: String = "jvm"

    /** Folder of the marker that tells a restored copy of the database from the original; [storeDir] if none. */
    public var markerDir: String? = null

    /** Version of the app. */
    public var appVersion: String? = null

    /** Version of the system. */
    public var osVersion: String? = null

    /** BCP 47, such as `ru-RU`. */
    public var locale: String? = null

    /** IANA name, such as `Europe/Moscow`. */
    public var timezone: String? = null

    /** Certificates as PEM that alone are trusted; Mozilla's roots if none. */
    public var caPem: String? = null

    /** URL of an HTTP proxy. */
    public var proxy: String? = null

    /** Refuses `http` always. Without it, `http` is allowed to this machine itself, for tests. */
    public var httpsOnly: Boolean = true

    /** Longest time for one request. */
    public var requestTimeout: Duration = 15.seconds

    /** Longest time to wait for the [CredentialsProvider]. */
    public var credentialsTimeout: Duration = 10.seconds

    /** Longest time to wait for the [PushPlatform]. */
    public var platformTimeout: Duration = 30.seconds

    init {
        init()
    }
}
