package dev.pushbridge.sample

import android.content.Context
import androidx.core.content.edit
import dev.pushbridge.LoginState
import dev.pushbridge.Pushbridge
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow

/** Who is logged in to the app, in the part of a real session. Pushbridge itself keeps no name to show. */
class Account(private val context: Context, private val inbox: Inbox) {
    private val store = context.getSharedPreferences("account", Context.MODE_PRIVATE)
    private val state = MutableStateFlow(store.getString(USER, null))
    val user: StateFlow<String?> = state.asStateFlow()

    /** The core first: if its disk is full, nobody is logged in. */
    @Synchronized
    fun logIn(user: String, push: Pushbridge) {
        push.login(user)
        remember(user)
    }

    /** Needs no network. */
    @Synchronized
    fun logOut(push: Pushbridge) {
        push.logout()
        forget()
    }

    /** The server may have ended the login, or the process between the core's memory and this one: then nobody is logged in. */
    @Synchronized
    fun reconcile(push: Pushbridge) {
        val isInCore = push.snapshot().login is LoginState.LoggedIn
        if (isInCore == (user.value != null)) return
        if (isInCore) push.logout()
        forget()
    }

    /** What is not the next person's to see goes with the one who leaves. */
    private fun forget() {
        inbox.clear()
        Notifications.cancelAll(context)
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
