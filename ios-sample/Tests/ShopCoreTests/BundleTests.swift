import Foundation
import Testing

@testable import ShopCore

/// The files that iOS reads. They are not built here, but what a forgotten line breaks is known.
@Suite struct BundleTests {
    @Test func B5_infoPlistNamesTheRefreshTaskAndWhatSilentPushesNeed() throws {
        let info = try plist("Info.plist")
        #expect(info["BGTaskSchedulerPermittedIdentifiers"] as? [String] == [BackgroundClient.refreshTask])
        let modes = try #require(info["UIBackgroundModes"] as? [String])
        #expect(modes.contains("remote-notification") && modes.contains("fetch"))
        #expect(info["FirebaseAppDelegateProxyEnabled"] as? Bool == false)
        #expect(info["FirebaseMessagingInstallationIdEnabled"] is Bool)
        #expect(try plist("Shop.entitlements")["aps-environment"] is String)
    }

    @Test func B12_thePrivacyManifestSaysWhatIsCollectedAndNoTracking() throws {
        let privacy = try plist("PrivacyInfo.xcprivacy")
        #expect(privacy["NSPrivacyTracking"] as? Bool == false)
        let types = try #require(privacy["NSPrivacyCollectedDataTypes"] as? [[String: Any]])
        #expect(types.compactMap { $0["NSPrivacyCollectedDataType"] as? String } == [
            "NSPrivacyCollectedDataTypeUserID", "NSPrivacyCollectedDataTypeDeviceID",
        ])
    }

    /// The delegate hands every callback that pushes depend on to the model; the files are read, since nothing here
    /// compiles them.
    @Test func B5_theDelegateHandsOverEveryCallback() throws {
        let delegate = try text("AppDelegate.swift")
        for call in [
            "flavour.start()", "registerForRemoteNotifications()", "flavour.apnsAnswered(token)", ".received(", ".willPresent(",
            ".opened(", ".refresh(within: 20)", ".enterBackground(within: 20)", ".enterForeground()", ".launch()",
        ] { #expect(delegate.contains(call), "\(call)") }
        let firebase = try text("Real/FirebaseLive.swift")
        for selector in ["messaging:didReceiveRegistration:", "messaging:didUnregister:"] {
            #expect(firebase.contains("@objc(\(selector))"))
        }
        #expect(firebase.contains("didReceiveRegistrationToken token: String?"))
        #expect(try text("Real/Flavour.swift").contains("Messaging.messaging().apnsToken = token"))
    }

    private var app: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../App").standardized
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOf: app.appendingPathComponent(name), encoding: .utf8)
    }

    private func plist(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: app.appendingPathComponent(name))
        return try #require(try PropertyListSerialization.propertyList(from: data, format: nil) as? [String: Any])
    }
}
