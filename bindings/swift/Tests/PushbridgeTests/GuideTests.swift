import Foundation
import Pushbridge
import PushbridgeTesting
import Testing

/// What README and docs/IOS.md show first, compiled and run.
@Suite(.timeLimit(.minutes(1))) struct GuideTests {
    @Test func theFiveLinesRun() async throws {
        let backend = try await Backend.register()
        let (firebase, session, folder) = (try await Firebase(), Session(backend), try TemporaryFolder())
        let url = backend.server.url
        guard case .fcmToken(let token) = try await firebase.address() else { throw Failure("not a token") }
        func PushConfiguration(server: URL, app: String) -> Pushbridge.PushConfiguration {
            Phone.configuration(backend, folder)
        }

        let push = try PushClient(PushConfiguration(server: url, app: "shop"), platform: firebase, credentials: session)
        push.start()                        // at every start of the process
        try push.didReceive(.fcmToken(token))
        try await push.login("42")
        let phone = Phone(client: push, firebase: firebase, session: session, folder: folder)
        try await phone.reaches(\.isBound)
        try await push.logout()             // needs no network
        try await phone.reaches { $0.logout == .done(wallClosed: true) && $0.isInStep }
    }

    @Test func thePagesShowTheLinesThatRun() throws {
        let here = URL(fileURLWithPath: #filePath)
        let root = here.deletingLastPathComponent().appendingPathComponent("../../../..").standardized
        let compiled = Set(try lines(of: here))
        for page in ["README.md", "docs/IOS.md"] {
            let text = try lines(of: root.appendingPathComponent(page))
            let start = try #require(text.firstIndex { $0.hasPrefix("let push = try PushClient(") }, "\(page)")
            let shown = text[start...].prefix { $0 != "```" }
            #expect(shown.count == 5, "\(page)")
            for line in shown { #expect(compiled.contains(line), "\(page): \(line)") }
        }
    }

    private func lines(of file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }
}
