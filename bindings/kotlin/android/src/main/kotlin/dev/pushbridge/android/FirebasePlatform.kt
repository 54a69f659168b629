package dev.pushbridge.android

import android.content.Context
import android.content.pm.PackageManager
import com.google.firebase.installations.FirebaseInstallations
import com.google.firebase.messaging.FirebaseMessaging
import dev.pushbridge.PushPlatform
import dev.pushbridge.Registration
import kotlinx.coroutines.tasks.await

/**
 * Firebase in the part of the platform. Speaks the dialect that the app's manifest chose: registration tokens, or
 * Firebase Installation IDs where `firebase_messaging_installation_id_enabled` is true. An install knows only one.
 */
public class FirebasePlatform(context: Context) : PushPlatform {
    private val usesFid = context.packageManager
        .getApplicationInfo(context.packageName, PackageManager.GET_META_DATA)
        .metaData?.getBoolean("firebase_messaging_installation_id_enabled", false) ?: false

    override suspend fun current(): Registration = if (usesFid) fid() else token()

    override suspend fun reset(): Registration {
        if (usesFid) {
            // unregister() alone would keep the ID, and with it the address.
            FirebaseInstallations.getInstance().delete().await()
        } else {
            deleteToken()
        }
        return current()
    }

    private suspend fun fid(): Registration {
        FirebaseMessaging.getInstance().register().await()
        return Registration.Fid(FirebaseInstallations.getInstance().id.await())
    }

    @Suppress("DEPRECATION") // the dialect of every app that has not switched
    private suspend fun token(): Registration = Registration.Token(FirebaseMessaging.getInstance().token.await())

    @Suppress("DEPRECATION")
    private suspend fun deleteToken() {
        FirebaseMessaging.getInstance().deleteToken().await()
    }
}
