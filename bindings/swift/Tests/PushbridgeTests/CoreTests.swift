import Foundation
import PushbridgeFFI
import PushbridgeTesting
import Testing

/// What is about the generated half, one floor below the client.
@Suite(.timeLimit(.minutes(1))) struct CoreTests {
    /// Row 26 of the failure modes, on the core's own thread: a callback of the core calls the core.
    @Test func row26ACallbackMayCallTheCore() async throws {
        let backend = try await Backend.register()
        let folder = try TemporaryFolder()
        let listener = ReentrantListener()
        let core = try PushCore.open(
            config: PushConfig(
                baseUrl: backend.server.url.absoluteString, appId: backend.app, storeDir: folder.url.path,
                platform: .ios, httpsOnly: false),
            credentials: NoCredentials(), listener: listener)
        listener.core.withLock { $0 = core }
        let address = try await Firebase().address()
        guard case .fcmToken(let token) = address else { throw Failure("not a token") }
        _ = try core.onRegistration(kind: .fcmToken, value: token, pull: nil)
        // The call made in the callback is a change of its own: the server has it once the permission is there.
        let told = try await eventually("the call made in the callback") {
            try core.diagnose().permission == .granted ? true : nil
        }
        #expect(told)
        guard case .delivered = try await core.syncNow(deadlineMs: 20_000, trigger: .change) else {
            throw Failure("not delivered")
        }
        try await core.shutdown(drainMs: 1_000)
    }
}

private final class ReentrantListener: PushListener {
    let core = Guarded<PushCore?>(nil)

    func onEffect(effect: PlatformEffect) throws {}

    func onStatus(status: PushStatus) throws {
        guard let core = core.withLock({ $0 }) else { return }
        _ = try core.snapshot()
        _ = try core.setPermission(permission: .granted)
    }
}

final class NoCredentials: CredentialsProvider {
    func request(userId: String, forceRefresh: Bool, reply: CredentialReply) throws { try reply.none() }
}

/// A value behind a lock.
private final class Guarded<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value
    init(_ value: Value) { self.value = value }
    func withLock<Answer>(_ body: (inout Value) throws -> Answer) rethrows -> Answer {
        try lock.withLock { try body(&value) }
    }
}
