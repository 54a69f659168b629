package dev.pushbridge.sample

import android.app.Application
import android.util.Log
import androidx.lifecycle.AndroidViewModel
import androidx.lifecycle.viewModelScope
import dev.pushbridge.Finding
import dev.pushbridge.Permission
import dev.pushbridge.PushException
import dev.pushbridge.PushStatus
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch

/** Everything that the screen shows. */
data class PushUiState(
    val user: String? = null,
    val status: PushStatus? = null,
    val findings: List<Finding> = emptyList(),
    val permission: Permission = Permission.NOT_DETERMINED,
    val messages: List<Message> = emptyList(),
    val controls: List<Control> = emptyList(),
)

/** In: the core's status, the account, the inbox. Out: one state. Whatever touches the disk runs off the main thread. */
class PushViewModel(application: Application) : AndroidViewModel(application) {
    private val app = application as SampleApplication
    private val permission = MutableStateFlow(Notifications.permission(app))

    private val status: Flow<PushStatus> = flow { emitAll(app.pushbridge.status) }

    val state: StateFlow<PushUiState> =
        combine(
            status, app.account.user, app.inbox.messages, permission, app.surroundings.controls,
        ) { status, user, messages, permission, controls ->
            PushUiState(user, status, app.pushbridge.diagnose().findings, permission, messages, controls)
        }.flowOn(Dispatchers.IO).stateIn(viewModelScope, SharingStarted.WhileSubscribed(), PushUiState())

    fun logIn(user: String) = inBackground { app.account.logIn(user, app.pushbridge) }

    fun logOut() = inBackground { app.account.logOut(app.pushbridge) }

    fun open(id: String) = inBackground { app.open(id) }

    fun openShownBySystem(data: Map<String, String>) = inBackground { app.openShownBySystem(data) }

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
