import Foundation

/// What a client needs to know before it opens.
public struct PushConfiguration: Sendable {
    /// Where the server is, such as `https://push.example.com`.
    public var server: URL
    /// The app's id on that server.
    public var app: String
    /// Folder of the database, private to this process; never in an App Group, whose locks iOS punishes.
    /// `Application Support/Pushbridge` unless said. It is made if it is missing, and kept out of backups.
    public var folder: URL?
    /// Version of the app, for the operator. `CFBundleShortVersionString` unless said.
    public var appVersion: String?
    /// Language of the person, BCP 47. That of the device unless said.
    public var locale: String?
    /// IANA name of the time zone. That of the device unless said.
    public var timeZone: String?
    /// Certificates to trust instead of Mozilla's roots, as PEM: for a server with a certificate of its own.
    public var trustedCertificates: String?
    /// URL of an HTTP proxy.
    public var proxy: URL?
    /// Allows `http` to this machine itself, for tests. Other machines need `https` always.
    public var allowsPlainLoopback = false
    /// Whether the client tells the server of every change on its own. Off, the app calls ``PushClient/sync(within:because:)``.
    public var syncsAutomatically = true
    /// Longest time for one request.
    public var requestTimeout: TimeInterval = 15
    /// Longest time to wait for ``PushCredentials``.
    public var credentialsTimeout: TimeInterval = 10

    /// The configuration with a default for everything else.
    public init(server: URL, app: String) {
        self.server = server
        self.app = app
    }
}
