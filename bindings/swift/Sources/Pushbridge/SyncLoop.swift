// Keeps the server in step while the process lives.
//
// In: a wake-up for every change. Out: syncs, one at a time, and naps where the core says wait. Next: the core, which
// decides what there is to tell. Ends when there is nothing left to wait for, or with the client.

import Foundation
internal import PushbridgeFFI

actor SyncLoop {
    private let core: PushCore
    private let addresses: AddressKeeper
    private var reason: SyncReason?
    private var loop: Task<Void, Never>?
    private var nap: Task<Void, Never>?
    private var isStopped = false

    /// A round is bounded so that a hanging platform does not hold up the rest for ever.
    private static let roundTime: TimeInterval = 25
    /// How long to wait where nobody said how long: the platform failed, or the store.
    private static let shortNap: TimeInterval = 30
    /// Clocks move; nobody sleeps longer than this without a look.
    private static let longestNap: TimeInterval = 24 * 60 * 60

    init(core: PushCore, addresses: AddressKeeper) {
        self.core = core
        self.addresses = addresses
    }

    /// Something is to be told, or the network is better now.
    func wake(because reason: SyncReason) {
        guard !isStopped else { return }
        // Reasons that end a wait are kept over those that do not.
        if self.reason == nil || reason == .foreground || reason == .networkBack { self.reason = reason }
        nap?.cancel()
        if loop == nil { loop = Task { await run() } }
    }

    /// Ends the loop; a sync under way comes to its end.
    func stop() {
        isStopped = true
        nap?.cancel()
        loop = nil
    }

    /// Syncs and does what the core wants of the platform, until neither is left, something has to wait, or the time is
    /// over. The server first: a logout must not wait for Firebase, which may be slow or hang.
    func sync(within seconds: TimeInterval, because reason: SyncReason) async throws -> SyncOutcome {
        let end = Date(timeIntervalSinceNow: seconds)
        var tried: Int64?
        while true {
            let left = max(0, end.timeIntervalSinceNow)
            let outcome = SyncOutcome(try await core.syncNow(deadlineMs: left.milliseconds, trigger: reason.lowered))
            // One that the platform failed just now is not asked of it again.
            guard let wanted = try core.snapshot().pendingReset, wanted != tried, end.timeIntervalSinceNow > 0 else {
                return outcome
            }
            tried = wanted
            await addresses.replaceAddressIfWanted(within: end.timeIntervalSinceNow)
            guard try core.snapshot().pendingReset != wanted else { return outcome }
        }
    }

    private func run() async {
        while !isStopped, let reason = reason {
            self.reason = nil
            guard let seconds = await napAfterRound(because: reason), !isStopped else { break }
            // Something came meanwhile: no nap.
            if self.reason != nil { continue }
            let nap = Task { try? await Task.sleep(nanoseconds: UInt64(seconds * 1e9)); return }
            self.nap = nap
            await nap.value
            self.nap = nil
            if self.reason == nil { self.reason = .scheduled }
        }
        loop = nil
    }

    /// One sync. Says how long to sleep after it; nil if the client was shut down.
    private func napAfterRound(because reason: SyncReason) async -> TimeInterval? {
        do {
            let outcome = try await sync(within: Self.roundTime, because: reason)
            let status = try core.snapshot()
            return min(Self.longestNap, nap(after: outcome, status))
        } catch {
            return PushError(error) == .closed ? nil : Self.shortNap
        }
    }

    private func nap(after outcome: SyncOutcome, _ status: PushbridgeFFI.PushStatus) -> TimeInterval {
        if status.pendingReset != nil { return Self.shortNap }
        switch outcome {
        case .deferred(let retryAfter, _): return max(retryAfter, 0.1)
        case .upToDate, .delivered:
            // Weeks, or the ten minutes that a challenge lives.
            guard let due = status.refreshAtMs.map(Date.init(ms:)) else { return Self.longestNap }
            return max(due.timeIntervalSinceNow, 1)
        case .needsCredentials, .rejected, .paused, .awaitingAddress: return Self.longestNap
        }
    }
}
