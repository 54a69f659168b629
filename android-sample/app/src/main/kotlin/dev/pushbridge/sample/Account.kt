package dev.pushbridge.sample

import android.content.Context
import androidx.core.content.edit
import dev.pushbridge.Pushbridge
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow

/** Who is logged in to the app, in the part of a real session. Pushbridge itself keeps no name to show. */
class Account(context: Context) {
    private val store = context.getSharedPreferences("account", Context.MODE_PRIVATE)
    private val state = MutableStateFlow(store.getString(USER, null))
    val user: StateFlow<String?> = state.asStateFlow()

    /** The core first: if its disk is full, nobody is logged in. */
    fun logIn(user: String, push: Pushbridge) {
        push.login(user)
        remember(user)
    }

    /** Needs no network. What is not the next person's to see goes with the one who leaves. */
    fun logOut(push: Pushbridge, inbox: Inbox) {
        push.logout()
        inbox.clear()
        remember(null)
    }

    private fun remember(user: String?) {
        store.edit(commit = true) { putString(USER, user) }
        state.value = user
    }

    private companion object {
        const val USER = "user"
    }
}
