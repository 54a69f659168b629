// The platform's half of the work: asking it for the address, and for a fresh one.
//
// In: a wish of the client or of the core. Out: reports to the core. Next: a sync. One question of a kind is open at a
// time; who comes meanwhile joins it for as long as he can wait, so a platform that hangs holds nobody up.

import Foundation
internal import PushbridgeFFI

actor AddressKeeper {
    private let core: PushCore
    private let platform: any PushPlatform
    private var pull: Task<Void, Never>?
    private var replacement: Task<Void, Never>?

    init(core: PushCore, platform: any PushPlatform) {
        self.core = core
        self.platform = platform
    }

    /// Asks the platform which address it has, and tells the core. An error of the platform means: not yet.
    func pullAddress(within seconds: TimeInterval) async {
        let task = pull ?? Task { await askForAddress() }
        pull = task
        _ = await firstAnswer(of: task, within: seconds)
    }

    /// Has the platform replace its address, if the core waits for that.
    func replaceAddressIfWanted(within seconds: TimeInterval) async {
        guard let wanted = try? core.snapshot().pendingReset else { return }
        let task = replacement ?? Task { await replaceAddress(asWantedBy: wanted) }
        replacement = task
        _ = await firstAnswer(of: task, within: seconds)
    }

    private func askForAddress() async {
        defer { pull = nil }
        // Numbered before the question: an answer that a callback has overtaken is dropped.
        guard let number = try? core.beginPull(), let address = try? await platform.currentAddress() else { return }
        _ = try? core.onRegistration(kind: address.kind.lowered, value: address.exposed, pull: number)
    }

    private func replaceAddress(asWantedBy reset: Int64) async {
        defer { replacement = nil }
        guard let address = try? await platform.replaceAddress() else { return }
        // Fails where the store does; the wish then stays, and the next sync asks again.
        _ = try? core.resetDone(resetId: reset, kind: address.kind.lowered, value: address.exposed)
    }
}
