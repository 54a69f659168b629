package dev.pushbridge.android

import android.app.Application
import android.app.Service
import android.content.Intent
import com.google.firebase.messaging.FcmBroadcastProcessor
import dev.pushbridge.JsonClient
import dev.pushbridge.World
import dev.pushbridge.int
import dev.pushbridge.child
import dev.pushbridge.list
import dev.pushbridge.text
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf

/**
 * Google Play services on this phone, with a device of the emulator behind them. What comes for the app goes to
 * Firebase's own code as Play services would hand it over, and from there to the service that the manifest declares.
 */
class PlayServices(
    private val app: Application,
    private val control: JsonClient = World.control,
    val device: String = newDevice(control),
) {
    private var seen = 0

    /** What Firebase did here, in order. */
    val calls = mutableListOf<String>()

    /** Whether Google can be reached. */
    @Volatile
    var isOnline = true

    init {
        current = this
    }

    val token: String get() = state().text("fcm_token")
    val fid: String get() = state().text("fcm_fid")

    private fun state(): JsonObject = control.get("/devices/$device")

    /** FCM gives the app another address. */
    fun rotate() {
        control.post("/devices/$device/rotate")
    }

    fun tellToken() = start(Intent("com.google.firebase.messaging.NEW_TOKEN").putExtra("token", token))

    fun tellRegistered() = start(Intent("com.google.firebase.messaging.FCM_REGISTERED").putExtra("token", fid))

    fun tellUnregistered() = start(Intent("com.google.firebase.messaging.FCM_UNREGISTERED").putExtra("token", fid))

    /** What FCM has brought since the last look, not handed to the app yet. */
    fun receive(): List<JsonObject> {
        val came = control.get("/devices/$device/inbox?after=$seen").list("messages").map { it.jsonObject }
        came.lastOrNull()?.let { seen = it.int("seq") }
        return came
    }

    /** Hands everything that came to the app; how many messages that were. */
    fun deliver(): Int = receive().onEach(::deliver).size

    fun deliver(message: JsonObject) {
        start(intentOf(message))
    }

    private fun intentOf(message: JsonObject): Intent {
        val content = message.child("message")
        val intent = Intent("com.google.android.c2dm.intent.RECEIVE")
            .putExtra("google.message_id", message.text("name"))
            .putExtra("from", "sender")
        content["data"]?.jsonObject?.let { data -> data.keys.forEach { intent.putExtra(it, data.text(it)) } }
        content["notification"]?.jsonObject?.let { shown ->
            intent.putExtra("gcm.n.e", "1")
            shown.keys.forEach { intent.putExtra("gcm.n.$it", shown.text(it)) }
        }
        return intent
    }

    /** The way of every intent of FCM: a queue in Firebase's code, then the service. */
    private fun start(intent: Intent) {
        val taken = FcmBroadcastProcessor(app).process(intent.addFlags(Intent.FLAG_RECEIVER_FOREGROUND))
        eventually("Firebase takes the intent") { taken.isComplete }
        val started = shadowOf(app).nextStartedService
        val name = checkNotNull(started?.component?.className) { "the manifest declares no service for MESSAGING_EVENT" }
        @Suppress("UNCHECKED_CAST")
        val service = Robolectric.buildService(Class.forName(name) as Class<Service>, started).create()
        service.startCommand(0, 1)
        eventually("the service is done") { shadowOf(service.get()).isStoppedBySelf }
        service.destroy()
    }

    companion object {
        /** Those that Firebase's shadows ask. */
        lateinit var current: PlayServices

        fun newDevice(control: JsonClient = World.control): String =
            control.post("/devices", """{"platform":"android"}""").jsonObject.text("id")
    }
}
