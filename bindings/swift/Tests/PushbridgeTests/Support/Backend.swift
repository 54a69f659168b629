// An app's back end: registers the app, proves who is logged in, sends.
//
// In: a server. Out: an app of its own for one test. Next: phones log in and get what it sends.

import Foundation

enum Policy: String {
    case single, multi
}

struct Backend: Sendable {
    let server: Server
    let app: String
    private let api: HTTP

    private struct Key: Decodable { let key: String }

    static func register(on server: Server? = nil, policy: Policy = .multi) async throws -> Backend {
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

    struct Device: Decodable, Equatable {
        let installation, addressState: String
        let addressKind, addressFingerprint, permission, locale: String?
    }

    private struct Devices: Decodable { let installations: [Device] }
    private struct Token: Decodable { let token: String }

    /// Where the server would reach this user.
    func devices(of user: String) async throws -> [Device] {
        try await api.call("GET", "/v1/apps/\(app)/users/\(user)/installations", as: Devices.self).installations
    }

    /// A proof that `user` is logged in, signed by the server for this back end.
    func proof(for user: String) async throws -> String {
        try await api.call("POST", "/v1/apps/\(app)/user-tokens", #"{"user":"\#(user)"}"#, as: Token.self).token
    }

    /// Ends every login of the user.
    func revoke(_ user: String) async throws {
        try await api.call("DELETE", "/v1/apps/\(app)/users/\(user)/bindings")
    }

    // MARK: Messages

    struct Sent: Decodable { let messageId: String, deliveries: Int }
    struct Message: Decodable {
        struct Receipts: Decodable, Equatable { let received, shown, opened: Int }
        let state: String
        let receipts: Receipts
    }

    /// Sends a data message to `user`.
    func send(_ text: String, to user: String) async throws -> Sent {
        try await api.call("POST", "/v1/apps/\(app)/messages", """
            {"to":{"user":"\(user)"},"message":{"data":{"text":"\(text)"},"android":{"priority":"high"}}}
            """, as: Sent.self)
    }

    func message(_ id: String) async throws -> Message {
        try await api.call("GET", "/v1/apps/\(app)/messages/\(id)", as: Message.self)
    }
}
