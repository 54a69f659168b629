package dev.pushbridge

import dev.pushbridge.ffi.PlatformEffect
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import dev.pushbridge.ffi.Accepted as CoreAccepted
import dev.pushbridge.ffi.DeferCause as CoreDeferCause
import dev.pushbridge.ffi.Diagnosis as CoreDiagnosis
import dev.pushbridge.ffi.LoggedOutReason as CoreLoggedOutReason
import dev.pushbridge.ffi.LoginState as CoreLoginState
import dev.pushbridge.ffi.LogoutState as CoreLogoutState
import dev.pushbridge.ffi.Permission as CorePermission
import dev.pushbridge.ffi.PushException as CoreException
import dev.pushbridge.ffi.PushStatus as CoreStatus
import dev.pushbridge.ffi.Recovery as CoreRecovery
import dev.pushbridge.ffi.RegistrationKind as CoreKind
import dev.pushbridge.ffi.SyncOutcome as CoreOutcome
import dev.pushbridge.ffi.SyncState as CoreSyncState

// Generated types in, public ones out. Generated code never reaches an app, so it may change with every UniFFI.

/** Runs a call of the core; its exceptions come out as the public ones. */
internal inline fun <T> fromCore(call: () -> T): T =
    try {
        call()
    } catch (e: CoreException) {
        throw e.toPublic()
    } catch (_: dev.pushbridge.ffi.InternalException) {
        // A panic outside of the core's own guard. Its text is not ours to show.
        throw PushException.Internal("internal: a fault in the core")
    }

private fun CoreException.toPublic(): PushException {
    val text = toString()
    return when (this) {
        is CoreException.Busy -> PushException.Busy(text)
        is CoreException.Storage -> PushException.Storage(text)
        is CoreException.Config -> PushException.Config(text)
        is CoreException.InvalidInput -> PushException.InvalidInput(text)
        is CoreException.Closed -> PushException.Closed(text)
        is CoreException.Internal -> PushException.Internal(text)
    }
}

internal fun CoreAccepted.toPublic(): Accepted = Accepted(changed, workNeeded)

internal fun CoreOutcome.toPublic(): SyncOutcome = when (this) {
    is CoreOutcome.UpToDate -> SyncOutcome.UpToDate
    is CoreOutcome.Delivered -> SyncOutcome.Delivered(revision)
    is CoreOutcome.Deferred -> SyncOutcome.Deferred(retryAfterMs.milliseconds, cause.toPublic())
    is CoreOutcome.NeedsCredentials -> SyncOutcome.NeedsCredentials
    is CoreOutcome.AwaitingAddress -> SyncOutcome.AwaitingAddress
    is CoreOutcome.Rejected -> SyncOutcome.Rejected(code)
    is CoreOutcome.Paused -> SyncOutcome.Paused
}

private fun CoreDeferCause.toPublic(): DeferCause = when (this) {
    CoreDeferCause.OFFLINE -> DeferCause.OFFLINE
    CoreDeferCause.TIMEOUT -> DeferCause.TIMEOUT
    CoreDeferCause.TLS -> DeferCause.TLS
    CoreDeferCause.NOT_THE_SERVER -> DeferCause.NOT_THE_SERVER
    CoreDeferCause.SERVER -> DeferCause.SERVER
    CoreDeferCause.DEADLINE -> DeferCause.DEADLINE
    CoreDeferCause.UNSETTLED -> DeferCause.UNSETTLED
}

internal fun CoreStatus.toPublic(): PushStatus = PushStatus(
    installationId = installationId,
    revision = revision,
    ackedRevision = ackedRevision,
    address = addressKind?.let { kind ->
        AddressStatus(kind.toPublic(), addressFingerprint.orEmpty(), addressSinceMs, addressState)
    },
    login = when (val login = login) {
        is CoreLoginState.LoggedOut -> LoginState.LoggedOut(login.reason?.toPublic())
        is CoreLoginState.LoggedIn -> LoginState.LoggedIn(login.bound)
    },
    logout = when (val logout = logout) {
        is CoreLogoutState.None -> LogoutState.NONE
        is CoreLogoutState.Pending -> LogoutState.PENDING
        is CoreLogoutState.Done -> if (logout.wallClosed) LogoutState.DONE else LogoutState.DONE_WALL_OPEN
    },
    resetPending = pendingReset != null,
    sync = sync.toPublic(),
    lastAnswerAtMs = lastAnswerAtMs,
    refreshAtMs = refreshAtMs,
    recovered = recovered?.toPublic(),
    paused = paused,
)

private fun CoreKind.toPublic(): RegistrationKind = when (this) {
    CoreKind.FCM_TOKEN -> RegistrationKind.TOKEN
    CoreKind.FCM_FID -> RegistrationKind.FID
}

private fun CoreLoggedOutReason.toPublic(): LoggedOutReason = when (this) {
    is CoreLoggedOutReason.Evicted -> LoggedOutReason.Evicted(reason)
    is CoreLoggedOutReason.Cloned -> LoggedOutReason.Cloned
    is CoreLoggedOutReason.StoreLost -> LoggedOutReason.StoreLost
}

private fun CoreSyncState.toPublic(): SyncState = when (this) {
    is CoreSyncState.UpToDate -> SyncState.UpToDate
    is CoreSyncState.Pending -> SyncState.Pending
    is CoreSyncState.Waiting -> SyncState.Waiting(untilMs, cause.toPublic())
    is CoreSyncState.AwaitingAddress -> SyncState.AwaitingAddress
    is CoreSyncState.NeedsCredentials -> SyncState.NeedsCredentials
    is CoreSyncState.Rejected -> SyncState.Rejected(code)
}

private fun CoreRecovery.toPublic(): Recovery = when (this) {
    CoreRecovery.DAMAGED -> Recovery.DAMAGED
    CoreRecovery.NEWER_SCHEMA -> Recovery.NEWER_SCHEMA
    CoreRecovery.RESTORED -> Recovery.RESTORED
}

internal fun CoreDiagnosis.toPublic(): Diagnosis = Diagnosis(
    getsPush = getsPush,
    permission = permission?.toPublic(),
    addressAgeMs = addressAgeMs,
    lastAnswerAgeMs = lastAnswerAgeMs,
    failures = failures.toInt(),
    receiptsWaiting = receiptsWaiting?.toInt(),
    clockOffsetMs = clockOffsetMs,
    coreVersion = coreVersion,
    findings = findings.map { Finding(it.code, it.detail, it.blocksPush, it.text) },
    status = status.toPublic(),
)

private fun CorePermission.toPublic(): Permission = when (this) {
    CorePermission.GRANTED -> Permission.GRANTED
    CorePermission.DENIED -> Permission.DENIED
    CorePermission.NOT_DETERMINED -> Permission.NOT_DETERMINED
    CorePermission.PROVISIONAL -> Permission.PROVISIONAL
}

/** Whether an effect asks for a sync; who is logged out stands in the status. */
internal val PlatformEffect.needsSync: Boolean get() = this is PlatformEffect.ResetAddress

internal val Duration.asCoreMs: UInt
    get() = inWholeMilliseconds.coerceIn(0, UInt.MAX_VALUE.toLong()).toUInt()
