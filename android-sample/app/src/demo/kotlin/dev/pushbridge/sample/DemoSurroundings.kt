package dev.pushbridge.sample

import android.app.ActivityManager
import android.content.Context
import android.util.Log
import dev.pushbridge.CredentialsProvider
import dev.pushbridge.MessageDisposition
import dev.pushbridge.Pushbridge
import dev.pushbridge.ReceiptEvent
import dev.pushbridge.android.WorkManagerScheduler
import dev.pushbridge.android.open
import dev.pushbridge.android.pushbridge
import java.io.IOException
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import org.json.JSONObject

fun surroundingsOf(context: Context): Surroundings = DemoSurroundings(context, DemoWorld.of(context))

/** Where `pushbridge demo --keep` listens, and its key. A real app never has such a key: its back end does. */
class DemoWorld(val server: String, val emulator: String, val key: String, val app: String = "shop") {
    companion object {
        fun of(context: Context) = DemoWorld(
            context.getString(R.string.demo_server),
            context.getString(R.string.demo_emulator),
            context.getString(R.string.demo_key),
        )
    }
}

/** The app without Firebase: the demo's server, a device of the FCM emulator, and buttons for what the platform does. */
class DemoSurroundings(private val context: Context, private val world: DemoWorld) : Surroundings {
    private val network = Relay(world.server)
    val device = EmulatorDevice(context, world.emulator) { network.isOnline }

    override val controls = MutableStateFlow(controls())

    override fun open(context: Context): Pushbridge =
        Pushbridge.open(context, network.url, world.app, credentials, device) { httpsOnly = false }

    /** The demo has no back end of its own: the app asks the server for a proof with the demo's key. */
    private val credentials = CredentialsProvider { user, _ ->
        val body = JSONObject().put("user", user)
        JsonCalls(world.server, world.key).call("POST", "/v1/apps/${world.app}/user-tokens", body).getString("token")
    }

    /** In the part of FCM, which would call the service. An emulator that is gone is asked again. */
    override suspend fun run(push: Pushbridge) {
        while (true) {
            try {
                device.arrivals().forEach { deliver(push, it) }
            } catch (e: IOException) {
                Log.w("Sample", "the emulator does not answer: ${e.message}")
            }
            delay(1.seconds)
        }
    }

    private fun deliver(push: Pushbridge, message: EmulatorDevice.Arrival) {
        val said = push.onMessage(message.data) as? MessageDisposition.Deliver ?: return
        said.messageId?.let { push.receipt(it, ReceiptEvent.RECEIVED) }
        (context as SampleApplication).receive(Message.of(said.messageId, message.data, message.title, message.body))
    }

    private fun controls() = listOf(
        control(R.string.demo_rotate) { context.pushbridge.onRegistration(device.rotate()) },
        control(R.string.demo_switch) { context.pushbridge.onRegistration(device.switchToFid()) },
        control(R.string.demo_reinstall) { reinstall() },
        if (network.isOnline) control(R.string.demo_offline) { setOnline(false) } else control(R.string.demo_online) { setOnline(true) },
    )

    private fun control(label: Int, run: () -> Unit) = Control(label) {
        try {
            run()
        } catch (e: IOException) {
            Log.w("Sample", "the emulator does not answer: ${e.message}")
        }
    }

    /** Android deletes the app's data and ends it; started again, it is a new installation on a new address. */
    private fun reinstall() {
        device.uninstall()
        context.getSystemService(ActivityManager::class.java).clearApplicationUserData()
    }

    private fun setOnline(online: Boolean) {
        network.isOnline = online
        controls.value = controls()
        if (online) WorkManagerScheduler(context).schedule(context.pushbridge) // as WorkManager does when a network comes
    }
}
