// An app's back end: registers the app, proves who is logged in, sends.
//
// In: a server. Out: an app of its own for one test. Next: phones log in and get what it sends.

import Foundation

/// What the server does when an account is on several devices.
public enum Policy: String, Sendable {
    case single, multi
}

/// The back end of one app of its own.
public struct Backend: Sendable {
    public let server: Server
    public let app: String
    private let api: HTTP

    private struct Key: Decodable { let key: String }

    /// Registers a new app, on the server that tests share unless said otherwise.
    public static func register(on server: Server? = nil, policy: Policy = .multi) async throws -> Backend {
        let emulator = try await Emulator.shared
        let server = if let server { server } else { try await Server.shared }
        let app = "app-\(UUID().uuidString.prefix(8).lowercased())"
        let operators = HTTP(base: server.url, key: server.bootstrapKey)
        try await operators.call("POST", "/v1/admin/apps", """
            {"id":"\(app)","firebase_project":"\(emulator.project)","service_account":\(emulator.serviceAccount),
             "fcm_endpoint":"\(emulator.url)","policy":{"mode":"\(policy.rawValue)"},"identity":{"mode":"jwt"}}
            """)
        let key = try await operators.call(
            "POST", "/v1/admin/apps/\(app)/keys", #"{"scopes":["send","read","manage"]}"#, as: Key.self)
        return Backend(server: server, app: app, api: HTTP(base: server.url, key: key.key))
    }

    // MARK: Users

    public struct Device: Decodable, Equatable, Sendable {
        public let installation, addressState: String
        public let addressKind, addressFingerprint, permission, locale: String?
    }

    private struct Devices: Decodable { let installations: [Device] }
    private struct Token: Decodable { let token: String }

    /// Where the server would reach this user.
    public func devices(of user: String) async throws -> [Device] {
        try await api.call("GET", "/v1/apps/\(app)/users/\(user)/installations", as: Devices.self).installations
    }

    /// A proof that `user` is logged in, signed by the server for this back end.
    public func proof(for user: String) async throws -> String {
        try await api.call("POST", "/v1/apps/\(app)/user-tokens", #"{"user":"\#(user)"}"#, as: Token.self).token
    }

    /// Ends every login of the user.
    public func revoke(_ user: String) async throws {
        try await api.call("DELETE", "/v1/apps/\(app)/users/\(user)/bindings")
    }

    // MARK: Messages

    public struct Sent: Decodable, Sendable { public let messageId: String, deliveries: Int }
    public struct Message: Decodable, Sendable {
        public struct Receipts: Decodable, Equatable, Sendable {
            public let received, shown, opened: Int
        }
        public let state: String
        public let receipts: Receipts
    }

    /// Sends a data message to `user`.
    public func send(_ text: String, to user: String) async throws -> Sent {
        try await send(message: #"{"data":{"text":"\#(text)"},"android":{"priority":"high"}}"#, to: user)
    }

    /// Sends FCM's `message`, as JSON, to `user`.
    public func send(message: String, to user: String) async throws -> Sent {
        try await api.call(
            "POST", "/v1/apps/\(app)/messages", #"{"to":{"user":"\#(user)"},"message":\#(message)}"#, as: Sent.self)
    }

    public func message(_ id: String) async throws -> Message {
        try await api.call("GET", "/v1/apps/\(app)/messages/\(id)", as: Message.self)
    }
}
