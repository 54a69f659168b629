import Pushbridge
import PushbridgeTesting
import Testing

@testable import ShopCore

/// Who is logged in: logout, another person, eviction.
@MainActor @Suite(.timeLimit(.minutes(1))) struct AccountTests {
    @Test func B3_aLogoutResetsTheAddressAndClearsTheScreen() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        _ = try await backend.notify("For Anna", "anna")
        try await phone.reads("For Anna")
        let before = phone.shop.status?.address?.fingerprint

        await phone.shop.logOut()
        #expect(phone.shop.account == nil && phone.titles.isEmpty && phone.system.shown.isEmpty)
        let after = try await phone.reaches(\.isLoggedOut)
        #expect(after.address?.fingerprint != before)
        #expect(try await backend.notify("Too late", "anna").deliveries == 0)
    }

    @Test func B3_theNextPersonOnThePhoneGetsNothingOfTheFirst() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        await phone.shop.logOut()
        await phone.shop.logIn("boris")
        try await phone.reaches(\.isBound)
        #expect(try await backend.notify("Only for Anna", "anna").deliveries == 0)
        #expect(try await backend.notify("Only for Boris", "boris").deliveries == 1)
        try await phone.reads("Only for Boris")
        #expect(phone.titles == ["Only for Boris"])
    }

    @Test func B3_anotherPersonLogsInWithoutALogout() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        _ = try await backend.notify("For Anna", "anna")
        try await phone.reads("For Anna")
        let before = phone.shop.status?.address?.fingerprint
        await phone.shop.logIn("boris")
        #expect(phone.titles.isEmpty)
        try await phone.reaches { $0.isBound && $0.address?.fingerprint != before }
        #expect(try await backend.devices(of: "anna").isEmpty)
    }

    @Test func B3_aLogoutOfflineDropsWhatWasOnItsWayAndReachesTheServerLater() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("boris", backend)
        phone.demo.isOnline = false
        await phone.shop.logOut()
        #expect(phone.shop.account == nil)
        // The server cannot know yet.
        #expect(try await backend.wake("For Boris, too late", "boris").deliveries == 1)
        let late = try await phone.takes("For Boris, too late")
        #expect(await phone.shop.received(late) == .noData)
        #expect(!phone.shop.willPresent(late))
        phone.shop.opened(late)
        #expect(phone.titles.isEmpty && phone.system.shown.isEmpty && phone.shop.selected == nil)
        #expect(phone.shop.status?.logout == .pending)

        phone.demo.isOnline = true
        await phone.shop.enterForeground()
        try await phone.reaches(\.isLoggedOut)
        #expect(try await backend.wake("For Boris, nowhere", "boris").deliveries == 0)
    }

    @Test func B3_thePushOfTheFirstPersonIsDroppedUnderTheSecond() async throws {
        let backend = try await Backend.register()
        let phone = try await Phone.loggedIn("anna", backend)
        _ = try await backend.wake("Anna's secret", "anna")
        let late = try await phone.takes("Anna's secret")
        await phone.shop.logOut()
        await phone.shop.logIn("boris")
        #expect(await phone.shop.received(late) == .noData)
        #expect(!phone.shop.willPresent(late))
        phone.shop.opened(late)
        #expect(phone.titles.isEmpty && phone.system.shown.isEmpty && phone.shop.selected == nil)
    }

    @Test func B7_theNewerPhoneWinsAndTheOlderOneIsToldAndEmptied() async throws {
        let backend = try await Backend.register(policy: .single)
        let old = try await Phone.loggedIn("carl", backend)
        _ = try await backend.notify("Code 1234", "carl")
        try await old.reads("Code 1234")
        let new = try await Phone.loggedIn("carl", backend)
        _ = try await eventually("the old phone to be told") {
            try await old.demo.deliver()
            return old.shop.loginEnd == nil ? nil : true
        }
        #expect(old.shop.loginEnd == .evicted(reason: "policy_single"))
        #expect(old.shop.account == nil && old.titles.isEmpty)
        #expect(try await backend.notify("Code 5678", "carl").deliveries == 1)
        try await new.reads("Code 5678")
        await old.demo.restart()
        #expect(old.shop.account == nil)
    }
}
