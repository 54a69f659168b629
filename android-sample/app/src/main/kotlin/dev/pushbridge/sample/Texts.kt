package dev.pushbridge.sample

import android.text.format.DateUtils
import android.text.format.DateUtils.MINUTE_IN_MILLIS
import androidx.compose.runtime.Composable
import androidx.compose.ui.res.stringResource
import dev.pushbridge.AddressStatus
import dev.pushbridge.LoggedOutReason
import dev.pushbridge.LoginState
import dev.pushbridge.RegistrationKind
import dev.pushbridge.SyncState

// The core's states in words for a person.

@Composable
fun accountText(user: String?, login: LoginState?): String {
    val reason = (login as? LoginState.LoggedOut)?.reason
    return when {
        reason is LoggedOutReason.Evicted -> stringResource(R.string.logged_out_by_server, reason.reason.orEmpty())
        reason != null -> stringResource(R.string.logged_out_by_server, reason.toString())
        user == null || login !is LoginState.LoggedIn -> stringResource(R.string.logged_out)
        login.bound -> stringResource(R.string.logged_in_known, user)
        else -> stringResource(R.string.logged_in_unknown, user)
    }
}

@Composable
fun addressText(address: AddressStatus?, ageMs: Long?): String {
    if (address == null) return stringResource(R.string.address_none)
    val name = when (address.kind) {
        RegistrationKind.TOKEN -> stringResource(R.string.address_token, address.fingerprint)
        RegistrationKind.FID -> stringResource(R.string.address_fid, address.fingerprint)
    }
    if (ageMs == null) return name
    val state = address.state ?: stringResource(R.string.address_unknown_to_server)
    return name + "\n" + stringResource(R.string.address_age, state, ageText(ageMs))
}

/** As Android says how long ago; of the first minute it would say zero. */
@Composable
private fun ageText(ageMs: Long): String {
    if (ageMs < MINUTE_IN_MILLIS) return stringResource(R.string.age_none)
    val now = System.currentTimeMillis()
    return DateUtils.getRelativeTimeSpanString(now - ageMs, now, MINUTE_IN_MILLIS).toString()
}

@Composable
fun syncText(sync: SyncState): String = when (sync) {
    is SyncState.UpToDate -> stringResource(R.string.sync_up_to_date)
    is SyncState.Pending -> stringResource(R.string.sync_pending)
    is SyncState.Waiting -> stringResource(R.string.sync_waiting, sync.cause.name.lowercase())
    is SyncState.AwaitingAddress -> stringResource(R.string.sync_awaiting_address)
    is SyncState.NeedsCredentials -> stringResource(R.string.sync_needs_credentials)
    is SyncState.Rejected -> stringResource(R.string.sync_rejected, sync.code)
}
