package dev.pushbridge

import java.io.File
import java.net.URI
import java.nio.file.Files
import java.util.UUID
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.put

/** The real emulator and the real server, as programs on loopback, one of each for all tests. */
object World {
    private val folder = Files.createTempDirectory("pushbridge-test").toFile().also { made ->
        Runtime.getRuntime().addShutdownHook(Thread { made.deleteRecursively() })
    }
    private val names = AtomicInteger()

    val emulator = Program("pushbridge-fcm-emulator", "--listen", "127.0.0.1:0", "--dir", "$folder/emulator")
    val control = JsonClient(emulator.url + "/emulator/v1")
    private var server = serve("127.0.0.1:0")

    /** Stays the same when the server is stopped and started again. */
    val serverUrl: String = server.url
    private val bootstrapKey = File(server.ready.text("bootstrap_key_file")).readText().trim()
    private val operator = JsonClient(serverUrl, bootstrapKey)

    private fun serve(listen: String) = Program("pushbridge", "serve", "--data", "$folder/data", "--listen", listen)

    /** What [test] does, it does without a server. */
    suspend fun <T> withoutServer(test: suspend () -> T): T {
        server.kill()
        try {
            return test()
        } finally {
            server = serve(URI(serverUrl).authority)
        }
    }

    fun folder(name: String): String = File(folder, "$name-${names.incrementAndGet()}").path

    /** Registers a new app, so that tests do not meet. */
    fun newApp(policy: String = "multi", identity: String = "jwt"): Backend {
        val id = "app-${names.incrementAndGet()}"
        val account = Json.parseToJsonElement(File(emulator.ready.text("service_account")).readText())
        operator.post(
            "/v1/admin/apps",
            buildJsonObject {
                put("id", id)
                put("firebase_project", emulator.ready.text("project"))
                put("service_account", account)
                put("fcm_endpoint", emulator.url)
                put("policy", buildJsonObject { put("mode", policy) })
                put("identity", buildJsonObject { put("mode", identity) })
            }.toString(),
        )
        val key = operator.post("/v1/admin/apps/$id/keys", """{"scopes":["send","read","manage"]}""").jsonObject
        return Backend(id, JsonClient(serverUrl, key.text("key")))
    }
}

/** One app's back end. */
class Backend(val app: String, private val client: JsonClient) {
    /** A proof that the server signs for the back end. */
    fun proof(user: String): String = client.post("/v1/apps/$app/user-tokens", """{"user":"$user"}""").jsonObject.text("token")

    fun installations(user: String): List<JsonObject> =
        client.get("/v1/apps/$app/users/$user/installations").list("installations").map { it.jsonObject }

    fun explain(user: String): JsonObject = client.get("/v1/apps/$app/users/$user/explain")

    fun events(installation: String): List<JsonObject> =
        client.get("/v1/apps/$app/installations/$installation/events").list("events").map { it.jsonObject }

    /** Ends the user's logins, as after a changed password. */
    fun revoke(user: String) {
        client.delete("/v1/apps/$app/users/$user/bindings")
    }

    /** Sends a message, of data if none is given, and waits for its end; the number of deliveries that FCM took. */
    suspend fun send(user: String, title: String, message: String = """{"data":{"title":"$title"}}"""): Int {
        val body = """{"to":{"user":"$user"},"message":$message}"""
        val id = client.post("/v1/apps/$app/messages", body).jsonObject.text("message_id")
        return until({ status(id) }) { it.text("state") == "done" }.child("counts").int("sent")
    }

    fun status(message: String): JsonObject = client.get("/v1/apps/$app/messages/$message")
}

/** Waits for a condition that only asking can tell; the deadline is for a test that fails. */
suspend fun <T> until(ask: suspend () -> T, holds: (T) -> Boolean): T = withTimeout(30.seconds) {
    while (true) {
        val answer = ask()
        if (holds(answer)) return@withTimeout answer
        delay(20.milliseconds)
    }
    error("unreachable")
}

/** A device of the emulator in the part of Firebase. */
class EmulatedPhone : PushPlatform {
    private val id = World.control.post("/devices", """{"platform":"android"}""").first().text("id")
    private var seen = 0

    /** Whether the app was built for Firebase Installation IDs. */
    @Volatile
    var usesFid = false

    /** How often the core asked for a fresh registration. */
    val resets = AtomicInteger()

    /** What Firebase would answer; set to throw for a phone without Play Services. */
    @Volatile
    var failure: Throwable? = null

    override suspend fun current(): Registration = registration()

    override suspend fun reset(): Registration {
        failure?.let { throw it }
        resets.incrementAndGet()
        return rotate()
    }

    fun registration(): Registration {
        val device = World.control.get("/devices/$id")
        return if (usesFid) Registration.Fid(device.text("fcm_fid")) else Registration.Token(device.text("fcm_token"))
    }

    /** FCM gives the app another token. */
    fun rotate(): Registration {
        World.control.post("/devices/$id/rotate")
        return registration()
    }

    /** The data of what has come since the last call. */
    fun receive(): List<Map<String, String>> {
        val messages = World.control.get("/devices/$id/inbox?after=$seen").list("messages").map { it.jsonObject }
        messages.lastOrNull()?.let { seen = it.int("seq") }
        return messages.map { message ->
            val data = message.child("message")["data"]?.jsonObject ?: JsonObject(emptyMap())
            data.keys.associateWith { data.text(it) }
        }
    }

    /** Titles of what has come for the app, without the server's own messages. */
    fun titles(): List<String> = receive().mapNotNull { it["title"] }
}

private fun kotlinx.serialization.json.JsonElement.first(): JsonObject =
    if (this is JsonObject) (this["devices"]?.jsonArray?.first()?.jsonObject ?: this) else jsonArray.first().jsonObject

/** An app on a phone, as one would write it; every test makes its own. */
class TestApp(
    val backend: Backend,
    val phone: EmulatedPhone = EmulatedPhone(),
    val folder: String = World.folder("phone"),
    scheduler: SyncScheduler = SyncScheduler.Manual,
    configure: PushbridgeConfig.() -> Unit = {},
    credentials: CredentialsProvider = CredentialsProvider { user, _ -> backend.proof(user) },
) {
    val push: Pushbridge = Pushbridge.open(
        PushbridgeConfig(World.serverUrl, backend.app, folder) {
            httpsOnly = false
            platform = "android"
            appVersion = "1.0.0"
            configure()
        },
        phone,
        credentials,
        scheduler,
    )

    suspend fun sync(trigger: SyncTrigger = SyncTrigger.NETWORK_BACK): SyncOutcome = push.sync(20.seconds, trigger)
}

fun newUser(): String = "user-${UUID.randomUUID()}"
