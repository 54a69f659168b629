// A phone: a device of the emulator in the part of Firebase, and the app with the client on it.
//
// In: a back end. Out: a client like an app's, and knobs for what goes wrong. Next: the tests turn them.

import Foundation
import Pushbridge
import PushbridgeTesting

/// Firebase on one device.
final class Firebase: PushPlatform, @unchecked Sendable {
    let device: String
    private let control: HTTP
    private let lock = NSLock()
    private var usesFID = false
    private var hangs = false
    private var replaced = 0

    private struct View: Decodable { let id, fcmToken, fcmFid: String }

    init() async throws {
        control = try await Emulator.shared.control
        device = try await control.call("POST", "/devices", #"{"platform":"ios"}"#, as: View.self).id
    }

    /// The app was updated, and its Info.plist now says FID.
    func switchToFID() { lock.withLock { usesFID = true } }
    /// Callbacks of Firebase never come.
    func hang() { lock.withLock { hangs = true } }
    /// How often the address was replaced.
    var replacements: Int { lock.withLock { replaced } }

    /// The address that the app would be told now.
    func address() async throws -> PushAddress {
        let view = try await control.call("GET", "/devices/\(device)", as: View.self)
        return lock.withLock { usesFID ? .fcmFID(view.fcmFid) : .fcmToken(view.fcmToken) }
    }

    /// Firebase takes another address of its own accord.
    func rotate() async throws -> PushAddress {
        try await control.call("POST", "/devices/\(device)/rotate")
        return try await address()
    }

    func currentAddress() async throws -> PushAddress? {
        try await waitIfHanging()
        return try await address()
    }

    func replaceAddress() async throws -> PushAddress {
        try await waitIfHanging()
        lock.withLock { replaced += 1 }
        return try await rotate()
    }

    private func waitIfHanging() async throws {
        // Longer than any test, and deaf to cancellation, as a completion handler is.
        if lock.withLock({ hangs }) { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
    }

    // MARK: The inbox

    struct Arrived: Decodable {
        struct Content: Decodable { let data: [String: String]? }
        let seq: Int
        let message: Content
    }

    private struct Inbox: Decodable { let messages: [Arrived] }

    /// The first message after `seq` whose data `matches`.
    func message(after seq: Int = 0, where matches: ([String: String]) -> Bool) async throws -> [String: String] {
        try await eventually("a message for \(device)") {
            let inbox = try await control.call("GET", "/devices/\(device)/inbox?after=\(seq)", as: Inbox.self)
            return inbox.messages.compactMap(\.message.data).first(where: matches)
        }
    }
}

/// The app's session with its back end, in the part of the credentials.
final class Session: PushCredentials, @unchecked Sendable {
    enum Answer {
        /// A good proof.
        case proof
        /// None.
        case nothing
        /// One that the server refuses.
        case forged
        /// An error whose text is a secret.
        case error
        /// None, ever.
        case silence
    }

    struct Question: Equatable {
        let user: String
        let refreshed: Bool
    }

    private let backend: Backend
    private let lock = NSLock()
    private var next: [Answer] = [.proof]
    private var heard: [Question] = []

    init(_ backend: Backend) { self.backend = backend }

    /// Answers so, one after the other; the last one for ever.
    func answer(_ answers: Answer...) { lock.withLock { next = answers } }
    /// What was asked so far.
    var questions: [Question] { lock.withLock { heard } }

    func proof(for user: String, refreshed: Bool) async throws -> String? {
        let answer = lock.withLock {
            heard.append(Question(user: user, refreshed: refreshed))
            return next.count > 1 ? next.removeFirst() : next[0]
        }
        switch answer {
        case .proof: return try await backend.proof(for: user)
        case .nothing: return nil
        case .forged: return "header.claims.signature"
        case .error: throw Failure("secret-of-the-session")
        case .silence: return await withUnsafeContinuation { (_: UnsafeContinuation<String?, Never>) in }
        }
    }
}

/// An app on a phone.
struct Phone {
    let client: PushClient
    let firebase: Firebase
    let session: Session
    let folder: TemporaryFolder

    /// Installs the app of `backend`. Its clients sync by themselves unless said otherwise.
    static func install(
        _ backend: Backend, configure: (inout PushConfiguration) -> Void = { _ in }
    ) async throws -> Phone {
        let (firebase, session, folder) = (try await Firebase(), Session(backend), try TemporaryFolder())
        let configuration = configuration(backend, folder, configure)
        let client = try PushClient(configuration, platform: firebase, credentials: session)
        return Phone(client: client, firebase: firebase, session: session, folder: folder)
    }

    static func configuration(
        _ backend: Backend, _ folder: TemporaryFolder, _ configure: (inout PushConfiguration) -> Void = { _ in }
    ) -> PushConfiguration {
        var configuration = PushConfiguration(server: backend.server.url, app: backend.app)
        configuration.folder = folder.url
        configuration.allowsPlainLoopback = true
        configure(&configuration)
        return configuration
    }

    /// The first status, from now on, that is as it should be.
    @discardableResult
    func reaches(_ goal: (PushStatus) -> Bool) async throws -> PushStatus {
        var last: PushStatus?
        for await status in client.statuses() {
            if goal(status) { return status }
            last = status
        }
        throw Failure("the client ended at \(last.map(String.init(describing:)) ?? "nothing")")
    }
}

extension PushStatus {
    /// The server has everything that this device wants it to know.
    var isInStep: Bool { sync == .upToDate && addressState == "live" && !isAddressReplacementPending }
    /// And it knows who is logged in.
    var isBound: Bool { isInStep && login == .loggedIn(bound: true) }
}
