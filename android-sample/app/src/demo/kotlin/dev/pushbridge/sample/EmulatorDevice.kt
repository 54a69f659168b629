package dev.pushbridge.sample

import android.content.Context
import androidx.core.content.edit
import dev.pushbridge.PushPlatform
import dev.pushbridge.Registration
import java.io.IOException
import org.json.JSONObject

/** A device of the FCM emulator in the part of Firebase. It outlives the process, not the app's data. */
class EmulatorDevice(context: Context, emulator: String, private val isOnline: () -> Boolean) : PushPlatform {
    private val store = context.getSharedPreferences("device", Context.MODE_PRIVATE)
    private val control = JsonCalls("$emulator/emulator/v1")

    /** What arrived: [title] and [body] if it was a notification message. */
    class Arrival(val data: Map<String, String>, val title: String?, val body: String?)

    override suspend fun current(): Registration = online { address() }

    override suspend fun reset(): Registration = online { rotate() }

    /** Without a network Firebase reaches nobody either. */
    private fun <T> online(ask: () -> T): T = if (isOnline()) ask() else throw IOException("SERVICE_NOT_AVAILABLE")

    /** FCM gives the app another address. */
    fun rotate(): Registration {
        control.call("POST", "/devices/${id()}/rotate")
        return address()
    }

    /** The app was updated, and its manifest says FID now. */
    fun switchToFid(): Registration {
        store.edit(commit = true) { putBoolean("fid", true) }
        return address()
    }

    fun uninstall() {
        control.call("POST", "/devices/${id()}/uninstall")
    }

    private fun address(): Registration {
        val device = control.call("GET", "/devices/${id()}")
        return if (store.getBoolean("fid", false)) {
            Registration.Fid(device.getString("fcm_fid"))
        } else {
            Registration.Token(device.getString("fcm_token"))
        }
    }

    /** Registers with the emulator, at the first time and when it has been started anew. */
    @Synchronized
    fun id(): String {
        store.getString("id", null)?.takeIf { control.callOrNull("GET", "/devices/$it") != null }?.let { return it }
        val made = control.call("POST", "/devices", JSONObject().put("platform", "android")).getString("id")
        store.edit(commit = true) { putString("id", made).putInt("seen", 0) }
        return made
    }

    /** What arrived since the last call. */
    fun arrivals(): List<Arrival> {
        val all = control.call("GET", "/devices/${id()}/inbox?after=${store.getInt("seen", 0)}").getJSONArray("messages")
        return (0 until all.length()).map { all.getJSONObject(it) }.map { arrived ->
            store.edit(commit = true) { putInt("seen", arrived.getInt("seq")) }
            val message = arrived.getJSONObject("message")
            val data = message.optJSONObject("data") ?: JSONObject()
            val shown = message.optJSONObject("notification")
            Arrival(data.keys().asSequence().associateWith(data::getString), shown?.text("title"), shown?.text("body"))
        }
    }

    private fun JSONObject.text(name: String): String? = if (has(name)) getString(name) else null
}
