// Pushes. Every one passes Pushbridge before anybody sees it: some are for who was logged in before, some are the
// server's own.

import Foundation
import Pushbridge

extension ShopModel {
    /// What iOS wants to know after a push woke the app: the cases of `UIBackgroundFetchResult`.
    public enum Fetched: Sendable {
        case newData, noData, failed
    }

    /// A push arrived: `application(_:didReceiveRemoteNotification:)`.
    public func received(_ payload: Payload) async -> Fetched {
        open()
        guard let disposition = try? push?.receive(payload.data) else { return .failed }
        switch disposition {
        case .deliver(let id):
            let isNew = await take(payload, id)
            await pauseIfOffScreen()
            return isNew ? .newData : .noData
        case .forAnotherLogin:
            return .noData
        case .handled:
            // The server's own, such as a challenge: answered while iOS lets the app run.
            return await syncAwake(within: 20, because: .change) == nil ? .failed : .newData
        }
    }

    /// Whether iOS may show a push although the app is on the screen: `userNotificationCenter(_:willPresent:)`.
    public func willPresent(_ payload: Payload) -> Bool {
        guard case .deliver(let id) = try? push?.receive(payload.data) else { return false }
        add(payload, id)
        record(.shown, of: id)
        return true
    }

    /// The person tapped a notification. One that outlived its owner's login opens nothing.
    public func opened(_ payload: Payload) {
        guard case .deliver(let id) = try? push?.receive(payload.data) else { return }
        add(payload, id)
        record(.opened, of: id)
        selected = messages.first { $0.id == id }
    }

    private func take(_ payload: Payload, _ id: String?) async -> Bool {
        record(.received, of: id)
        guard add(payload, id) else { return false }
        if !payload.isShownBySystem {
            await clients.notifications.show(payload)
            record(.shown, of: id)
        }
        return true
    }

    /// False if it is in the inbox already: iOS may call more than one door for the same push.
    @discardableResult
    private func add(_ payload: Payload, _ id: String?) -> Bool {
        let id = id ?? UUID().uuidString
        guard account != nil, !messages.contains(where: { $0.id == id }) else { return false }
        messages.insert(ShopMessage(id: id, title: payload.title, body: payload.body), at: 0)
        do { try keep() } catch { problem = "\(error)" }
        return true
    }

    /// Nil is another sender's message, which nobody counts.
    private func record(_ receipt: PushReceipt, of id: String?) {
        guard let id else { return }
        _ = try? push?.record(receipt, of: id)
    }
}
