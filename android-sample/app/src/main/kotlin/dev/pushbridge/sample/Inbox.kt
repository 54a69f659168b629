package dev.pushbridge.sample

import android.content.Context
import androidx.core.content.edit
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import org.json.JSONArray
import org.json.JSONObject

/** A push that came. [id] is Pushbridge's, for receipts; none if it did not come through Pushbridge. */
data class Message(val id: String?, val title: String, val body: String, val isOpened: Boolean = false) {
    companion object {
        /** The text is the notification's, if there is one, or stands in the data. */
        fun of(id: String?, data: Map<String, String>, title: String? = null, body: String? = null) =
            Message(id, title ?: data["title"].orEmpty(), body ?: data["body"].orEmpty())
    }
}

/** What came for the person who is logged in, newest first; outlives the process. */
class Inbox(context: Context) {
    private val store = context.getSharedPreferences("inbox", Context.MODE_PRIVATE)
    private val state = MutableStateFlow(read())
    val messages: StateFlow<List<Message>> = state.asStateFlow()

    fun add(message: Message) = change { listOf(message) + it }

    fun markOpened(id: String) = change { all -> all.map { if (it.id == id) it.copy(isOpened = true) else it } }

    fun clear() = change { emptyList() }

    @Synchronized
    private fun change(new: (List<Message>) -> List<Message>) {
        state.value = new(state.value).take(LIMIT)
        store.edit(commit = true) { putString(MESSAGES, JSONArray(state.value.map(::toJson)).toString()) }
    }

    private fun read(): List<Message> {
        val all = JSONArray(store.getString(MESSAGES, null) ?: return emptyList())
        return (0 until all.length()).map { fromJson(all.getJSONObject(it)) }
    }

    private fun toJson(message: Message) = JSONObject().put("id", message.id).put("title", message.title)
        .put("body", message.body).put("opened", message.isOpened)

    private fun fromJson(json: JSONObject) = Message(
        id = if (json.has("id")) json.getString("id") else null,
        title = json.getString("title"),
        body = json.getString("body"),
        isOpened = json.getBoolean("opened"),
    )

    private companion object {
        const val MESSAGES = "messages"
        const val LIMIT = 50
    }
}
