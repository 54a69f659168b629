// What iOS and Firebase tell the app about itself. The delegate hands each callback to one of these.

import Foundation
import Pushbridge

extension ShopModel {
    /// The process started, or the phone was unlocked for the first time.
    public func launch() async {
        open()
        guard let push else { return }
        await restore(push)
        listen(to: push)
        push.start()
        await readPermission()
    }

    /// Firebase named its address. If the store is not open, nothing is lost: ``launch()`` asks Firebase again.
    public func didReceive(_ address: PushAddress) {
        do { try push?.didReceive(address) } catch { problem = error.description }
    }

    /// Firebase has no address of this kind any more.
    public func didLoseAddress(_ kind: PushAddress.Kind) {
        do { try push?.didLoseAddress(kind) } catch { problem = error.description }
    }

    /// APNs answered: now Firebase has an address to give.
    public func apnsAnswered() {
        push?.start()
    }

    /// The refresh task's turn. False asks iOS for another one.
    public func refresh(within seconds: TimeInterval) async -> Bool {
        // First of all: a turn that iOS ends early must not be the last one.
        clients.background.scheduleRefresh()
        open()
        return switch await syncAwake(within: seconds, because: .scheduled) {
        case nil, .deferred: false
        default: true
        }
    }

    /// The app leaves the screen: iOS suspends it in seconds.
    public func enterBackground(within seconds: TimeInterval) async {
        isOnScreen = false
        clients.background.scheduleRefresh()
        _ = await syncAwake(within: seconds, because: .change)
    }

    /// The app is on the screen again; the person may come from the settings.
    public func enterForeground() async {
        isOnScreen = true
        await attempt { push in try await push.resume() }
        await readPermission()
    }

    /// A sync, whether the store was open or not; nil if that failed.
    func syncAwake(within seconds: TimeInterval, because reason: SyncReason) async -> SyncOutcome? {
        try? await push?.resume()
        let outcome = try? await push?.sync(within: seconds, because: reason)
        await pauseIfOffScreen()
        return outcome
    }

    /// A suspended process must not hold a lock on a file: iOS would end it.
    func pauseIfOffScreen() async {
        if !isOnScreen { try? await push?.pause() }
    }

    private func readPermission() async {
        permission = await clients.notifications.permission()
        await attempt { [permission] push in try await push.setPermission(permission) }
    }

    /// What was remembered, unless the process died between Pushbridge's word and the app's: then nobody is logged in.
    private func restore(_ push: PushClient) async {
        let kept = clients.storage.load()
        guard let login = try? push.status.login else { return }
        switch (login, kept.account) {
        case (.loggedIn, let known?):
            account = known
            messages = kept.messages
        case (.loggedIn, nil):
            await attempt { push in try await push.logout() }
        case (.loggedOut, _):
            await attempt { _ in
                forgetAccount()
                try keep()
            }
        }
    }
}
