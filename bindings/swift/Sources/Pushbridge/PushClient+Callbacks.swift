// What Firebase, the system and SwiftUI call from wherever they are: nothing here waits for the actor.

import Foundation
internal import PushbridgeFFI

extension PushClient {
    /// Asks the platform for its address and syncs, without waiting for either. Call it at every start of the process.
    public nonisolated func start() {
        Task { [addresses, weak self] in
            await addresses.pullAddress(within: 30)
            self?.wake(.start)
        }
        // What is already known need not wait for Firebase.
        wake(.start)
    }

    /// The network is back, or the app came to the foreground: waits that only the network caused are over.
    public nonisolated func retry(because reason: SyncReason = .foreground) {
        wake(reason)
    }

    /// The platform named its address: `messaging(_:didReceiveRegistrationToken:)`, or in FID mode
    /// `messaging(_:didReceiveRegistration:)`. Naming the same one again is ordinary and costs no request.
    @discardableResult
    public nonisolated func didReceive(_ address: PushAddress) throws(PushError) -> PushChange {
        let accepted = try attempt {
            try core.onRegistration(kind: address.kind.lowered, value: address.exposed, pull: nil)
        }
        return noticed(PushChange(accepted))
    }

    /// The platform has no address of this kind any more: `messaging(_:didUnregister:)`. A nil token is not that: it
    /// means that there is none yet.
    @discardableResult
    public nonisolated func didLoseAddress(_ kind: PushAddress.Kind) throws(PushError) -> PushChange {
        noticed(PushChange(try attempt { try core.onRegistrationLost(kind: kind.lowered) }))
    }

    /// A message arrived; says what to do with it. `userInfo` is what the system hands over.
    public nonisolated func receive(_ userInfo: [AnyHashable: Any]) throws(PushError) -> PushDisposition {
        var data: [String: String] = [:]
        for case let (key as String, value as String) in userInfo { data[key] = value }
        let disposition = PushDisposition(try attempt { try core.onMessage(data: data) })
        if disposition == .handled(needsSync: true) { wake(.change) }
        return disposition
    }

    /// Remembers what became of a message; the server counts it.
    @discardableResult
    public nonisolated func record(_ receipt: PushReceipt, of messageID: String) throws(PushError) -> PushChange {
        noticed(PushChange(try attempt { try core.receipt(messageId: messageID, event: receipt.lowered) }))
    }

    /// Where the client stands.
    public nonisolated var status: PushStatus {
        get throws(PushError) { PushStatus(try attempt { try core.snapshot() }) }
    }

    /// Where the client stands, now and at every change, until it is shut down. Every call makes a stream of its own; one
    /// that is read slowly skips to the newest.
    public nonisolated func statuses() -> AsyncStream<PushStatus> {
        hub.statusStream { [core] in (try? core.snapshot()).map(PushStatus.init) }
    }

    /// Logins that ended without the app's doing: show the login screen. The present end comes first, if there is one;
    /// one may come twice.
    public nonisolated func endedLogins() -> AsyncStream<LoginEnd> {
        hub.endStream { [core] in
            guard case .loggedOut(let reason?) = try? core.snapshot().login else { return nil }
            return LoginEnd(reason)
        }
    }

    nonisolated func noticed(_ change: PushChange) -> PushChange {
        if change.needsSync { wake(.change) }
        return change
    }

    nonisolated func wake(_ reason: SyncReason) {
        guard syncsAutomatically else { return }
        Task { [loop] in await loop.wake(because: reason) }
    }
}
