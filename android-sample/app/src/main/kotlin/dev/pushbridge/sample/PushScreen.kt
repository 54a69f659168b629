package dev.pushbridge.sample

import android.text.format.DateUtils.MINUTE_IN_MILLIS
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
import androidx.compose.foundation.lazy.LazyListState
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.material3.Button
import androidx.compose.material3.Card
import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Text
import androidx.compose.material3.TopAppBar
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.produceState
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.pushbridge.Diagnosis
import dev.pushbridge.Finding
import dev.pushbridge.LoginState
import dev.pushbridge.LogoutState
import dev.pushbridge.Permission
import dev.pushbridge.PushStatus
import kotlinx.coroutines.delay

/** What the person can do on the screen. */
class PushActions(
    val logIn: (String) -> Unit,
    val logOut: () -> Unit,
    val allow: () -> Unit,
    val open: (String) -> Unit,
    val close: () -> Unit,
    val run: (Control) -> Unit,
)

private val people = listOf("anna", "boris")

@Composable
fun PushScreen(state: PushUiState, actions: PushActions) {
    val place = rememberLazyListState() // outlives the reading of a message
    if (state.opened == null) Cards(state, actions, place) else MessageScreen(state.opened, actions.close)
}

@OptIn(ExperimentalMaterial3Api::class)
@Composable
private fun Cards(state: PushUiState, actions: PushActions, place: LazyListState) {
    Scaffold(topBar = { TopAppBar(title = { Text(stringResource(R.string.app_name), asHeading) }) }) { edges ->
        LazyColumn(
            modifier = Modifier.padding(edges),
            state = place,
            contentPadding = PaddingValues(16.dp),
            verticalArrangement = Arrangement.spacedBy(12.dp),
        ) {
            item { AccountCard(state, actions) }
            item { InboxCard(state.messages, actions.open) }
            item { AddressCard(state.diagnosis) }
            item { SyncCard(state.diagnosis?.status) }
            if (state.controls.isNotEmpty()) item { ControlsCard(state.controls, actions.run) }
            item { DoctorCard(state.diagnosis?.findings.orEmpty()) }
        }
    }
}

@Composable
private fun AccountCard(state: PushUiState, actions: PushActions) = Section(stringResource(R.string.account)) {
    Text(accountText(state.user, state.diagnosis?.status?.login), announced)
    val user = state.user
    if (user == null || state.diagnosis?.status?.login is LoginState.LoggedOut) {
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
private fun AddressCard(diagnosis: Diagnosis?) = Section(stringResource(R.string.address)) {
    Text(addressText(diagnosis?.status?.address, grown(diagnosis?.addressAgeMs)))
}

/** The state says an age once; on the screen it grows. */
@Composable
private fun grown(ageMs: Long?): Long? {
    val age by produceState(ageMs, ageMs) {
        value = ageMs
        while (true) {
            delay(MINUTE_IN_MILLIS)
            value = value?.plus(MINUTE_IN_MILLIS)
        }
    }
    return age
}

@Composable
private fun SyncCard(status: PushStatus?) = Section(stringResource(R.string.sync)) {
    if (status == null) return@Section
    Text(syncText(status.sync), announced)
    if (status.logout == LogoutState.PENDING) Text(stringResource(R.string.logout_pending))
}

@Composable
private fun ControlsCard(controls: List<Control>, run: (Control) -> Unit) = Section(stringResource(R.string.controls)) {
    Buttons { controls.forEach { QuietButton(stringResource(it.label)) { run(it) } } }
}

@Composable
private fun DoctorCard(findings: List<Finding>) = Section(stringResource(R.string.doctor)) {
    if (findings.isEmpty()) Text(stringResource(R.string.doctor_well))
    findings.forEach { finding ->
        Column(Modifier.semantics(mergeDescendants = true) {}) {
            Text(finding.text)
            Text(finding.code, style = MaterialTheme.typography.labelSmall)
        }
    }
}

@Composable
internal fun Section(title: String, content: @Composable ColumnScope.() -> Unit) = Card(Modifier.fillMaxWidth()) {
    Column(Modifier.padding(16.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Text(title, asHeading, style = MaterialTheme.typography.titleMedium)
        content()
    }
}

/** Side by side, or below each other where the text is large. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Buttons(content: @Composable () -> Unit) =
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalArrangement = Arrangement.spacedBy(4.dp)) { content() }

/** Material's own border is too faint on a card. */
@Composable
private fun QuietButton(text: String, onClick: () -> Unit) =
    OutlinedButton(onClick, border = BorderStroke(1.dp, MaterialTheme.colorScheme.outline)) { Text(text) }

/** TalkBack goes from one to the next. */
internal val asHeading = Modifier.semantics { heading() }

/** TalkBack says it whenever it changes. */
private val announced = Modifier.semantics { liveRegion = LiveRegionMode.Polite }
