package dev.pushbridge.sample

import dev.pushbridge.JsonClient
import dev.pushbridge.android.eventually
import dev.pushbridge.child
import dev.pushbridge.int
import dev.pushbridge.list
import dev.pushbridge.text
import java.io.File
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject

/** `pushbridge demo --keep`, as a developer starts it: the story first, then it stays. */
object DemoPrograms {
    private val kept: JsonObject = start()
    val world = DemoWorld(kept.text("url"), kept.text("emulator"), File(kept.text("bootstrap_key_file")).readText().trim())
    val emulator = JsonClient(kept.text("emulator") + "/emulator/v1")
    private val shop = JsonClient(world.server + "/v1/apps/shop", world.key)

    private fun start(): JsonObject {
        val program = File(System.getProperty("pushbridge.programs"), "pushbridge").path
        val process = ProcessBuilder(program, "demo", "--keep", "--json", "--listen", "127.0.0.1:0")
            .redirectError(ProcessBuilder.Redirect.INHERIT).start()
        Runtime.getRuntime().addShutdownHook(Thread { process.destroy() }) // it deletes its files
        val lines = process.inputStream.bufferedReader().lineSequence().map { Json.parseToJsonElement(it).jsonObject }
        return checkNotNull(lines.firstOrNull { "kept" in it }) { "the demo ended before its end" }
    }

    /** Waits for the end; the server's name for the message. */
    fun send(user: String, title: String, message: String = """{"data":{"title":"$title"}}"""): String {
        val body = """{"to":{"user":"$user"},"message":$message}"""
        val id = shop.post("/messages", body).jsonObject.text("message_id")
        eventually("«$title» is sent") { shop.get("/messages/$id").text("state") == "done" }
        return id
    }

    /** How many deliveries FCM took. */
    fun sent(id: String): Int =
        shop.get("/messages/$id/deliveries").list("deliveries").count { it.jsonObject.text("state") == "sent" }

    /** How many phones said so of the message. */
    fun receipts(id: String, event: String): Int = shop.get("/messages/$id").child("receipts").int(event)
}
