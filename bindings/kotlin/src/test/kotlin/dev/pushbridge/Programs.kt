package dev.pushbridge

import java.io.File
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Files
import java.util.concurrent.TimeUnit
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** A program built by cargo, started as a user would; its first line says where it is. */
class Program(name: String, vararg arguments: String) {
    private val process: Process

    /** The ready line. */
    val ready: JsonObject

    val url: String get() = ready.text("url")

    init {
        val file = File(System.getProperty("pushbridge.programs"), name)
        check(file.canExecute()) { "$file is missing: test.sh builds it" }
        val log = Files.createDirectories(File("target/logs").toPath()).resolve("$name.log").toFile()
        process = ProcessBuilder(listOf(file.path) + arguments)
            .redirectError(ProcessBuilder.Redirect.appendTo(log))
            .start()
        Runtime.getRuntime().addShutdownHook(Thread { process.destroyForcibly() })
        val line = process.inputStream.bufferedReader().readLine()
        ready = Json.parseToJsonElement(checkNotNull(line) { "$name ended before it was ready, see $log" }).jsonObject
    }

    /** SIGKILL: what it promised must be on its disk. */
    fun kill() {
        process.destroyForcibly()
        check(process.waitFor(20, TimeUnit.SECONDS))
    }
}

/** JSON over HTTP, with a key or without. */
class JsonClient(private val url: String, private val key: String? = null) {
    private val http = HttpClient.newHttpClient()

    fun get(path: String): JsonObject = send("GET", path, null).jsonObject

    fun post(path: String, body: String = "{}"): JsonElement = send("POST", path, body)

    fun delete(path: String): JsonElement = send("DELETE", path, null)

    private fun send(method: String, path: String, body: String?): JsonElement {
        val publisher = body?.let(HttpRequest.BodyPublishers::ofString) ?: HttpRequest.BodyPublishers.noBody()
        val request = HttpRequest.newBuilder(URI(url + path)).method(method, publisher)
            .header("content-type", "application/json")
            .apply { key?.let { header("authorization", "Bearer $it") } }
            .build()
        val answer = http.send(request, HttpResponse.BodyHandlers.ofString())
        check(answer.statusCode() in 200..299) { "$method $path: ${answer.statusCode()} ${answer.body()}" }
        return if (answer.body().isBlank()) JsonObject(emptyMap()) else Json.parseToJsonElement(answer.body())
    }
}

fun JsonObject.text(name: String): String = getValue(name).jsonPrimitive.content

fun JsonObject.textOrNull(name: String): String? = this[name]?.jsonPrimitive?.content

fun JsonObject.int(name: String): Int = text(name).toInt()

fun JsonObject.list(name: String): JsonArray = getValue(name).jsonArray

fun JsonObject.child(name: String): JsonObject = getValue(name).jsonObject
