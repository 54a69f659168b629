import Foundation
import PushbridgeFFI
import PushbridgeTesting
import Testing

@testable import Pushbridge

/// What listeners are told who come while something else is told.
@Suite(.timeLimit(.minutes(1))) struct HubTests {
    /// A status says nothing to who waits for the end of a login, however it falls.
    @Test func aStatusMeanwhileHidesNoEnd() async throws {
        let folder = try TemporaryFolder()
        let hub = StatusHub()
        let core = try PushCore.open(
            config: PushConfig(
                baseUrl: "http://127.0.0.1:9", appId: "shop", storeDir: folder.url.path, platform: .ios,
                httpsOnly: false),
            credentials: NoCredentials(), listener: Deaf())
        let status = try core.snapshot()
        let ends = hub.endStream {
            hub.onStatus(status: status)
            return .cloned
        }
        hub.finish()
        var heard = ends.makeAsyncIterator()
        #expect(await heard.next() == .cloned)
        try await core.shutdown(drainMs: 0)
    }
}

private final class Deaf: PushListener {
    func onEffect(effect: PlatformEffect) throws {}
    func onStatus(status: PushbridgeFFI.PushStatus) throws {}
}
