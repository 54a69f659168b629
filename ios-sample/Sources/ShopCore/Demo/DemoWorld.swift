import Foundation

/// Where `pushbridge demo --keep` listens, and its key. A real app never has such a key: its back end does.
public struct DemoWorld: Sendable {
    public var server: URL
    public var emulator: URL
    public var app: String
    public var key: String

    public init(server: URL, emulator: URL, app: String, key: String) {
        self.server = server
        self.emulator = emulator
        self.app = app
        self.key = key
    }

    /// As `open.sh demo` writes it into the scheme.
    public init?(environment: [String: String]) {
        guard let server = environment["PUSHBRIDGE_URL"].flatMap(URL.init(string:)),
            let emulator = environment["PUSHBRIDGE_EMULATOR"].flatMap(URL.init(string:)),
            let key = environment["PUSHBRIDGE_KEY"], !key.isEmpty
        else { return nil }
        self.init(server: server, emulator: emulator, app: environment["PUSHBRIDGE_APP"] ?? "shop", key: key)
    }
}
