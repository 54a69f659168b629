package dev.pushbridge.sample

import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL
import org.json.JSONObject

/** JSON over HTTP for the demo's two helpers, the back end and the emulator. The phone core has its own network. */
class JsonCalls(private val base: String, private val key: String? = null) {
    fun call(method: String, path: String, body: JSONObject? = null): JSONObject =
        callOrNull(method, path, body) ?: throw IOException("$method $path: not found")

    /** Null if there is no such thing. */
    fun callOrNull(method: String, path: String, body: JSONObject? = null): JSONObject? {
        val http = URL(base + path).openConnection() as HttpURLConnection
        try {
            http.requestMethod = method
            http.connectTimeout = LIMIT_MS
            http.readTimeout = LIMIT_MS
            http.setRequestProperty("Content-Type", "application/json")
            key?.let { http.setRequestProperty("Authorization", "Bearer $it") }
            if (method == "POST") {
                http.doOutput = true
                http.outputStream.use { it.write((body ?: JSONObject()).toString().toByteArray()) }
            }
            if (http.responseCode == HttpURLConnection.HTTP_NOT_FOUND) return null
            if (http.responseCode !in 200..299) throw IOException("$method $path: ${http.responseCode}")
            return JSONObject(http.inputStream.bufferedReader().readText().ifEmpty { "{}" })
        } finally {
            http.disconnect()
        }
    }

    private companion object {
        const val LIMIT_MS = 5_000
    }
}
