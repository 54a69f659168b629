package dev.pushbridge.sample

import android.app.Application
import android.util.Log
import androidx.lifecycle.AndroidViewModel
import androidx.lifecycle.viewModelScope
import dev.pushbridge.Diagnosis
import dev.pushbridge.Permission
import dev.pushbridge.PushException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch

/** Everything that the screen shows. */
data class PushUiState(
    val user: String? = null,
    /** The core's status, the doctor's findings and ages: one look, so that no two lines are of different moments. */
    val diagnosis: Diagnosis? = null,
    val permission: Permission = Permission.NOT_DETERMINED,
    val messages: List<Message> = emptyList(),
    val controls: List<Control> = emptyList(),
    /** The message that the person reads. */
    val opened: Message? = null,
)

/** In: the core's status, the account, the inbox. Out: one state. Whatever touches the disk runs off the main thread. */
class PushViewModel(application: Application) : AndroidViewModel(application) {
    private val app = application as SampleApplication
    private val permission = MutableStateFlow(Notifications.permission(app))
    private val opened = MutableStateFlow<String?>(null)

    private val diagnosis: Flow<Diagnosis> = flow { emitAll(app.pushbridge.status.map { app.pushbridge.diagnose() }) }

    val state: StateFlow<PushUiState> =
        combine(app.account.user, diagnosis, permission, app.inbox.messages, app.surroundings.controls, ::PushUiState)
            .combine(opened) { state, id -> state.copy(opened = id?.let { state.messages.find { it.id == id } }) }
            .flowOn(Dispatchers.IO).stateIn(viewModelScope, SharingStarted.WhileSubscribed(), PushUiState())

    fun logIn(user: String) = inBackground { app.account.logIn(user, app.pushbridge) }

    fun logOut() = inBackground { app.account.logOut(app.pushbridge) }

    fun open(id: String) = inBackground {
        app.open(id)
        opened.value = id
    }

    fun openShownBySystem(data: Map<String, String>) = inBackground { opened.value = app.openShownBySystem(data) }

    fun close() {
        opened.value = null
    }

    fun run(control: Control) = inBackground { control.run() }

    /** At every start: the person may have been in the settings. */
    fun checkPermission() = inBackground {
        permission.value = Notifications.permission(app)
        app.pushbridge.setPermission(permission.value)
    }

    private fun inBackground(work: suspend () -> Unit) {
        viewModelScope.launch(Dispatchers.IO) {
            try {
                work()
            } catch (e: PushException) {
                Log.w("Sample", "not done: ${e.message}")
            }
        }
    }
}
