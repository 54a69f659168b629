package dev.pushbridge.android

import android.content.Context
import android.os.Build
import dev.pushbridge.CredentialsProvider
import dev.pushbridge.PushPlatform
import dev.pushbridge.Pushbridge
import dev.pushbridge.PushbridgeConfig
import dev.pushbridge.SyncScheduler
import java.io.File
import java.util.Locale
import java.util.TimeZone

/**
 * Opens the app's [Pushbridge] with Android's own answers: the store where no backup looks, syncs by WorkManager,
 * addresses from Firebase. No network; not for the main thread. See [Pushbridge.open] for what it throws.
 *
 * @param configure changes what Android answered, or says more.
 */
public fun Pushbridge.Companion.open(
    context: Context,
    baseUrl: String,
    appId: String,
    credentials: CredentialsProvider,
    platform: PushPlatform = FirebasePlatform(context),
    scheduler: SyncScheduler = WorkManagerScheduler(context),
    configure: PushbridgeConfig.() -> Unit = {},
): Pushbridge {
    // A copy of the store on another phone would be a second owner of this installation.
    val store = File(context.noBackupFilesDir, "pushbridge").path
    val config = PushbridgeConfig(baseUrl, appId, store) {
        this.platform = "android"
        osVersion = Build.VERSION.RELEASE
        appVersion = context.packageManager.getPackageInfo(context.packageName, 0).versionName
        locale = Locale.getDefault().toLanguageTag()
        timezone = TimeZone.getDefault().id
        configure()
    }
    return open(config, platform, credentials, scheduler)
}
