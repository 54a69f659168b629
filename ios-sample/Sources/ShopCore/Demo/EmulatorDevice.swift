import Foundation
import Pushbridge

/// A device of the FCM emulator: in the demo it plays Firebase and APNs.
public actor EmulatorDevice {
    /// Its name in the emulator; `…/emulator/v1/devices/ID/inbox` shows what arrived.
    public nonisolated let id: String
    private let control: JSONCalls
    private var usesFID = false
    private var lastSeen = 0

    private struct View: Decodable { let id, fcmToken, fcmFid: String }

    /// Makes a new device. Its first address is the emulator's.
    public init(of emulator: URL) async throws {
        control = JSONCalls(base: emulator.appendingPathComponent("emulator/v1"))
        id = try await control.call("POST", "/devices", ["platform": "ios"], as: View.self).id
    }

    /// What Firebase would name now.
    public func address() async throws -> PushAddress {
        let view = try await control.call("GET", "/devices/\(id)", as: View.self)
        return usesFID ? .fcmFID(view.fcmFid) : .fcmToken(view.fcmToken)
    }

    /// FCM gives the app another address.
    public func rotate() async throws -> PushAddress {
        try await change("rotate")
        return try await address()
    }

    /// The app is deleted and installed again.
    public func reinstall() async throws { try await change("reinstall") }

    /// The app was updated, and its Info.plist says FID now.
    public func switchToFID() async throws -> PushAddress {
        usesFID = true
        return try await address()
    }

    private func change(_ how: String) async throws {
        _ = try await control.call("POST", "/devices/\(id)/\(how)", as: View.self)
    }

    // MARK: What arrived

    private struct Inbox: Decodable { let messages: [Arrived] }
    private struct Arrived: Decodable {
        struct Alert: Decodable { let title, body: String? }
        struct Content: Decodable {
            let data: [String: String]?
            let notification: Alert?
        }
        let seq: Int
        let message: Content
    }

    /// What arrived since the last call, as iOS would hand it over.
    public func arrivals() async throws -> [Payload] {
        let inbox = try await control.call("GET", "/devices/\(id)/inbox?after=\(lastSeen)", as: Inbox.self)
        // Another call may have been quicker.
        let new = inbox.messages.filter { $0.seq > lastSeen }
        lastSeen = new.last?.seq ?? lastSeen
        return new.map { Self.payload(of: $0.message) }
    }

    private static func payload(of message: Arrived.Content) -> Payload {
        var userInfo: [AnyHashable: Any] = [:]
        for (key, value) in message.data ?? [:] { userInfo[key] = value }
        if let alert = message.notification {
            userInfo["aps"] = ["alert": ["title": alert.title ?? "", "body": alert.body ?? ""]]
        }
        return Payload(userInfo: userInfo)
    }
}
