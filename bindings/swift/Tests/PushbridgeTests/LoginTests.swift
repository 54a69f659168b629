import Foundation
import Pushbridge
import PushbridgeTesting
import Testing

/// Who is logged in: logout offline, another person, eviction, proofs.
@Suite(.timeLimit(.minutes(1))) struct LoginTests {
    /// B3, row 6 of the failure modes: a logout needs no network, and reaches the server when there is one.
    @Test func row6ALogoutOfflineReachesTheServerLater() async throws {
        let backend = try await Backend.register(on: Server())
        let phone = try await loggedIn("anna", backend)
        backend.server.goDown()
        let begun = Date()
        try await phone.client.logout()
        #expect(Date().timeIntervalSince(begun) < 5)
        let offline = try phone.client.status
        #expect(offline.login == .loggedOut(nil))
        #expect(offline.logout == .pending)

        try backend.server.comeBack()
        phone.client.retry(because: .networkBack)
        try await phone.reaches { $0.logout == .done(wallClosed: true) && $0.isInStep }
        #expect(try await backend.devices(of: "anna").isEmpty)
        #expect(phone.firebase.replacements >= 1)
    }

    /// Row 5 of the failure modes: logout and login as another while offline is one truth for the server.
    @Test func row5AnotherPersonLogsInWhileOffline() async throws {
        let backend = try await Backend.register(on: Server())
        let phone = try await loggedIn("anna", backend)
        let forAnna = try await messageInTheInbox("for anna", to: "anna", backend, phone)
        backend.server.goDown()
        try await phone.client.logout()
        try await phone.client.login("boris")
        #expect(try phone.client.receive(forAnna) == .forAnotherLogin)

        try backend.server.comeBack()
        phone.client.retry(because: .networkBack)
        try await phone.reaches(\.isBound)
        #expect(try await backend.devices(of: "anna").isEmpty)
        #expect(try await backend.devices(of: "boris").count == 1)
        #expect(phone.session.questions.filter { $0.user == "anna" }.count == 1, "anna's credentials were used again")
    }

    /// A8: login as another without a logout is a logout first, with a fresh address.
    @Test func loginAsAnotherReplacesTheAddress() async throws {
        let backend = try await Backend.register()
        let phone = try await loggedIn("anna", backend)
        let before = try phone.client.status.address
        try await phone.client.login("boris")
        let after = try await phone.reaches { $0.isBound && $0.address != before }
        #expect(after.logout == .done(wallClosed: true))
        #expect(phone.firebase.replacements == 1)
        #expect(try await backend.send("late", to: "anna").deliveries == 0)
        #expect(try await backend.send("now", to: "boris").deliveries == 1)
    }

    /// B7: under `single` the newer phone wins, and the app on the older one is told, by a message and without waiting.
    @Test func anEvictionIsToldToTheApp() async throws {
        let backend = try await Backend.register(policy: .single)
        let old = try await loggedIn("carl", backend)
        let ends = old.client.endedLogins()
        let new = try await loggedIn("carl", backend)

        let hint = try await old.firebase.message { $0["pb_sync"] != nil }
        #expect(try old.client.receive(hint) == .handled(needsSync: true))
        var told: LoginEnd?
        for await end in ends {
            told = end
            break
        }
        #expect(told == .evicted(reason: "policy_single"))
        #expect(try old.client.status.login == .loggedOut(.evicted(reason: "policy_single")))
        let winner = try new.client.status.installationID
        #expect(try await backend.devices(of: "carl").map(\.installation) == [winner])
        // Who asks later is told as well.
        var again = old.client.endedLogins().makeAsyncIterator()
        #expect(await again.next() == .evicted(reason: "policy_single"))
    }

    /// B5: a revoke by the back end ends the login for good.
    @Test func aRevokedLoginIsToldAtTheNextSync() async throws {
        let backend = try await Backend.register()
        let phone = try await loggedIn("anna", backend)
        try await backend.revoke("anna")
        try phone.client.didReceive(try await phone.firebase.rotate())
        let status = try await phone.reaches { $0.login == .loggedOut(.evicted(reason: "revoked")) }
        #expect(status.logout != .pending)
    }

    /// Row 11 of the failure modes: without a proof everything else is told, and the person is bound when there is one.
    @Test func row11WithoutAProofTheAppIsAskedAndTheAddressIsKept() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.install(backend)
        phone.session.answer(.nothing)
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.client.login("anna")
        let waiting = try await phone.reaches { $0.sync == .needsCredentials }
        #expect(waiting.addressState == "live")
        #expect(waiting.login == .loggedIn(bound: false))
        #expect(try await phone.client.diagnose().findings.contains { $0.code == "user_proof_needed" && $0.blocksPush })

        phone.session.answer(.proof)
        try await phone.client.credentialsChanged()
        try await phone.reaches(\.isBound)
        #expect(try await backend.devices(of: "anna").count == 1)
    }

    /// Row 11 of the failure modes: a refused proof is asked for once more, refreshed.
    @Test func row11ARefusedProofIsRefreshedOnce() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.install(backend)
        phone.session.answer(.forged, .proof)
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.client.login("anna")
        try await phone.reaches(\.isBound)
        #expect(phone.session.questions == [
            .init(user: "anna", refreshed: false), .init(user: "anna", refreshed: true),
        ])
    }

    /// Row 12 of the failure modes: credentials that never answer cost their time-out and nothing else.
    @Test func row12SilentCredentialsCostOnlyTheirTimeout() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.install(backend) {
            $0.credentialsTimeout = 0.3
            $0.syncsAutomatically = false
        }
        phone.session.answer(.silence)
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.client.login("anna")
        let begun = Date()
        #expect(try await phone.client.sync() == .needsCredentials)
        #expect(Date().timeIntervalSince(begun) < 10)
        #expect(try phone.client.status.addressState == "live")

        phone.session.answer(.proof)
        try await phone.client.credentialsChanged()
        _ = try await phone.client.sync()
        #expect(try phone.client.status.isBound)
    }

    /// Row 12 of the failure modes, I11: credentials that throw count as none, and their text is nowhere.
    @Test func row12CredentialsThatThrowCountAsNone() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.install(backend) { $0.syncsAutomatically = false }
        phone.session.answer(.error)
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.client.login("anna")
        #expect(try await phone.client.sync() == .needsCredentials)
        #expect(try await !"\(phone.client.diagnose())".contains("secret-of-the-session"))
    }

    private func loggedIn(_ user: String, _ backend: Backend) async throws -> Phone {
        let phone = try await Phone.install(backend)
        try phone.client.didReceive(try await phone.firebase.address())
        try await phone.client.login(user)
        try await phone.reaches(\.isBound)
        return phone
    }

    private func messageInTheInbox(
        _ text: String, to user: String, _ backend: Backend, _ phone: Phone
    ) async throws -> [String: String] {
        _ = try await backend.send(text, to: user)
        return try await phone.firebase.message { $0["text"] == text }
    }
}
