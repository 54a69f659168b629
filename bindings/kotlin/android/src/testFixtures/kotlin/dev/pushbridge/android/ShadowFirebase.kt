package dev.pushbridge.android

import com.google.android.gms.tasks.Task
import com.google.android.gms.tasks.Tasks
import com.google.firebase.installations.FirebaseInstallations
import com.google.firebase.messaging.FirebaseMessaging
import java.io.IOException
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadow.api.Shadow

/** Firebase without a project: where it would ask Google, it asks the emulator's device. */
@Implements(FirebaseMessaging::class)
class ShadowMessaging {
    @Implementation
    fun getToken(): Task<String> = google("getToken") { token }

    /** The next address is another one; a deleted token has no successor before somebody asks. */
    @Implementation
    fun deleteToken(): Task<Void?> = google("deleteToken") { rotate(); null }

    @Implementation
    fun register(): Task<Void?> = google("register") { null }

    companion object {
        @JvmStatic
        @Implementation
        fun getInstance(): FirebaseMessaging = Shadow.newInstanceOf(FirebaseMessaging::class.java)
    }
}

/** Firebase Installations likewise. */
@Implements(FirebaseInstallations::class)
class ShadowInstallations {
    @Implementation
    fun getId(): Task<String> = google("getId") { fid }

    @Implementation
    fun delete(): Task<Void?> = google("delete") { rotate(); null }

    companion object {
        @JvmStatic
        @Implementation
        fun getInstance(): FirebaseInstallations = Shadow.newInstanceOf(FirebaseInstallations::class.java)
    }
}

private fun <T> google(call: String, answer: PlayServices.() -> T): Task<T> {
    val play = PlayServices.current
    play.calls += call
    return if (play.isOnline) Tasks.forResult(play.answer()) else Tasks.forException(IOException("SERVICE_NOT_AVAILABLE"))
}
