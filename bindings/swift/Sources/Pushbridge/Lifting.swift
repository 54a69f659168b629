// The core's records as the types of this module.
//
// In: what the generated module gives. Out: the public types. Next: the client hands them to the app. The switches have
// no default, so that a case which the core adds stops the build here.

import Foundation
internal import PushbridgeFFI

extension Date {
    init(ms: Int64) { self.init(timeIntervalSince1970: TimeInterval(ms: ms)) }
}

extension TimeInterval {
    init(ms: Int64) { self = Double(ms) / 1_000 }
}

extension PushStatus {
    init(_ status: PushbridgeFFI.PushStatus) {
        self.init(
            installationID: status.installationId,
            revision: status.revision,
            acknowledgedRevision: status.ackedRevision,
            address: Address(status),
            addressState: status.addressState,
            login: Login(status.login),
            logout: Logout(status.logout),
            isAddressReplacementPending: status.pendingReset != nil,
            sync: Sync(status.sync),
            lastAnswer: status.lastAnswerAtMs.map(Date.init(ms:)),
            refreshDue: status.refreshAtMs.map(Date.init(ms:)),
            recovery: status.recovered.map(Recovery.init),
            isPaused: status.paused)
    }
}

extension PushStatus.Address {
    init?(_ status: PushbridgeFFI.PushStatus) {
        guard let kind = status.addressKind, let fingerprint = status.addressFingerprint else { return nil }
        self.init(kind: .init(kind), fingerprint: fingerprint, since: status.addressSinceMs.map(Date.init(ms:)))
    }
}

extension PushAddress.Kind {
    init(_ kind: RegistrationKind) {
        switch kind {
        case .fcmToken: self = .fcmToken
        case .fcmFid: self = .fcmFID
        }
    }
}

extension PushStatus.Login {
    init(_ login: LoginState) {
        switch login {
        case .loggedOut(let reason): self = .loggedOut(reason.map(LoginEnd.init))
        case .loggedIn(let bound): self = .loggedIn(bound: bound)
        }
    }
}

extension LoginEnd {
    init(_ reason: LoggedOutReason) {
        switch reason {
        case .evicted(let reason): self = .evicted(reason: reason)
        case .cloned: self = .cloned
        case .storeLost: self = .storeLost
        }
    }
}

extension PushStatus.Logout {
    init(_ logout: LogoutState) {
        switch logout {
        case .none: self = .none
        case .pending: self = .pending
        case .done(let wallClosed): self = .done(wallClosed: wallClosed)
        }
    }
}

extension PushStatus.Sync {
    init(_ sync: SyncState) {
        switch sync {
        case .upToDate: self = .upToDate
        case .pending: self = .pending
        case .waiting(let untilMs, let cause): self = .waiting(until: Date(ms: untilMs), cause: .init(cause))
        case .awaitingAddress: self = .awaitingAddress
        case .needsCredentials: self = .needsCredentials
        case .rejected(let code): self = .rejected(code: code)
        }
    }
}

extension PushStatus.Recovery {
    init(_ recovery: PushbridgeFFI.Recovery) {
        switch recovery {
        case .damaged: self = .damaged
        case .newerSchema: self = .newerSchema
        case .restored: self = .restored
        }
    }
}

extension DeferCause {
    init(_ cause: PushbridgeFFI.DeferCause) {
        switch cause {
        case .offline: self = .offline
        case .timeout: self = .timeout
        case .tls: self = .certificate
        case .notTheServer: self = .notTheServer
        case .server: self = .server
        case .deadline: self = .deadline
        case .unsettled: self = .unsettled
        }
    }
}

extension SyncOutcome {
    init(_ outcome: PushbridgeFFI.SyncOutcome) {
        switch outcome {
        case .upToDate: self = .upToDate
        case .delivered(let revision): self = .delivered(revision: revision)
        case .deferred(let retryAfterMs, let cause):
            self = .deferred(retryAfter: TimeInterval(ms: retryAfterMs), cause: .init(cause))
        case .needsCredentials: self = .needsCredentials
        case .awaitingAddress: self = .awaitingAddress
        case .rejected(let code): self = .rejected(code: code)
        case .paused: self = .paused
        }
    }
}

extension PushDisposition {
    init(_ disposition: MessageDisposition) {
        switch disposition {
        case .deliver(let messageId): self = .deliver(messageID: messageId)
        case .dropForeignLogin: self = .forAnotherLogin
        case .sync, .challenge: self = .handled(needsSync: true)
        case .ignore: self = .handled(needsSync: false)
        }
    }
}

extension PushChange {
    init(_ accepted: Accepted) {
        self.init(isNew: accepted.changed, needsSync: accepted.workNeeded)
    }
}

extension PushPermission {
    init(_ permission: Permission) {
        switch permission {
        case .granted: self = .granted
        case .denied: self = .denied
        case .notDetermined: self = .notDetermined
        case .provisional: self = .provisional
        }
    }
}

extension PushDiagnosis {
    init(_ diagnosis: Diagnosis) {
        self.init(
            getsPush: diagnosis.getsPush,
            permission: diagnosis.permission.map(PushPermission.init),
            addressAge: diagnosis.addressAgeMs.map(TimeInterval.init(ms:)),
            lastAnswerAge: diagnosis.lastAnswerAgeMs.map(TimeInterval.init(ms:)),
            failures: diagnosis.failures,
            receiptsWaiting: diagnosis.receiptsWaiting,
            clockOffset: diagnosis.clockOffsetMs.map(TimeInterval.init(ms:)),
            coreVersion: diagnosis.coreVersion,
            findings: diagnosis.findings.map(Finding.init),
            status: PushStatus(diagnosis.status))
    }
}

extension PushDiagnosis.Finding {
    init(_ finding: PushbridgeFFI.Finding) {
        self.init(
            code: finding.code, detail: finding.detail, blocksPush: finding.blocksPush, text: finding.text)
    }
}

extension PushError {
    /// Whatever a call of the core throws. What is not its own error is a panic: the generated code has no name for it,
    /// and its text is not shown, since nobody vouches for what stands in it.
    init(_ error: any Error) {
        switch error as? PushbridgeFFI.PushError {
        case .Busy: self = .busy
        case .Storage(let detail): self = .storage(detail)
        case .Config(let detail): self = .configuration(detail)
        case .InvalidInput(let detail): self = .invalidInput(detail)
        case .Closed: self = .closed
        case .Internal(let detail): self = .internal(detail)
        case nil: self = .internal("the core panicked")
        }
    }
}
