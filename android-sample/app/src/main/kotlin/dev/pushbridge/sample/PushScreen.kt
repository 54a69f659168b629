package dev.pushbridge.sample

import androidx.compose.foundation.BorderStroke
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.material3.Button
import androidx.compose.material3.Card
import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Text
import androidx.compose.material3.TopAppBar
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.pushbridge.LoginState
import dev.pushbridge.LogoutState
import dev.pushbridge.Permission

/** What the person can do on the screen. */
class PushActions(
    val logIn: (String) -> Unit,
    val logOut: () -> Unit,
    val allow: () -> Unit,
    val open: (String) -> Unit,
    val run: (Control) -> Unit,
)

private val people = listOf("anna", "boris")

@OptIn(ExperimentalMaterial3Api::class)
@Composable
fun PushScreen(state: PushUiState, actions: PushActions) {
    Scaffold(topBar = { TopAppBar(title = { Text(stringResource(R.string.app_name)) }) }) { edges ->
        LazyColumn(
            modifier = Modifier.padding(edges),
            contentPadding = PaddingValues(16.dp),
            verticalArrangement = Arrangement.spacedBy(12.dp),
        ) {
            item { AccountCard(state, actions) }
            item { InboxCard(state.messages, actions.open) }
            item { AddressCard(state) }
            item { SyncCard(state) }
            if (state.controls.isNotEmpty()) item { ControlsCard(state.controls, actions.run) }
            item { DoctorCard(state) }
        }
    }
}

@Composable
private fun AccountCard(state: PushUiState, actions: PushActions) = Section(stringResource(R.string.account)) {
    Text(accountText(state))
    val user = state.user
    if (user == null || state.status?.login is LoginState.LoggedOut) {
        Buttons { people.forEach { Button(onClick = { actions.logIn(it) }) { Text(stringResource(R.string.log_in_as, it)) } } }
        return@Section
    }
    QuietButton(stringResource(R.string.log_out), actions.logOut)
    PermissionQuestion(state.permission, user, actions.allow)
}

/** In context: it is clear now for what. */
@Composable
private fun PermissionQuestion(permission: Permission, user: String, allow: () -> Unit) {
    if (permission == Permission.GRANTED) return
    val isRefused = permission == Permission.DENIED
    Text(if (isRefused) stringResource(R.string.permission_refused) else stringResource(R.string.permission_why, user))
    Button(onClick = allow) {
        Text(stringResource(if (isRefused) R.string.permission_settings else R.string.permission_allow))
    }
}

@Composable
private fun AddressCard(state: PushUiState) = Section(stringResource(R.string.address)) {
    Text(addressText(state.status?.address))
}

@Composable
private fun SyncCard(state: PushUiState) = Section(stringResource(R.string.sync)) {
    val status = state.status ?: return@Section
    Text(syncText(status.sync))
    if (status.logout == LogoutState.PENDING) Text(stringResource(R.string.logout_pending))
}

@Composable
private fun ControlsCard(controls: List<Control>, run: (Control) -> Unit) = Section(stringResource(R.string.controls)) {
    Buttons { controls.forEach { QuietButton(stringResource(it.label)) { run(it) } } }
}

@Composable
private fun DoctorCard(state: PushUiState) = Section(stringResource(R.string.doctor)) {
    if (state.findings.isEmpty()) Text(stringResource(R.string.doctor_well))
    state.findings.forEach { finding ->
        Text(finding.text)
        Text(finding.code, style = MaterialTheme.typography.labelSmall)
    }
}

@Composable
internal fun Section(title: String, content: @Composable ColumnScope.() -> Unit) = Card(Modifier.fillMaxWidth()) {
    Column(Modifier.padding(16.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Text(title, Modifier.semantics { heading() }, style = MaterialTheme.typography.titleMedium)
        content()
    }
}

/** Side by side, or below each other where the text is large. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Buttons(content: @Composable () -> Unit) =
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp)) { content() }

/** Material's own border is too faint on a card. */
@Composable
private fun QuietButton(text: String, onClick: () -> Unit) =
    OutlinedButton(onClick, border = BorderStroke(1.dp, MaterialTheme.colorScheme.outline)) { Text(text) }
