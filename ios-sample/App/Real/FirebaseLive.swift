// Not compiled where the tests run: needs Firebase.

import FirebaseInstallations
import FirebaseMessaging
import Foundation
import Pushbridge
import ShopCore

extension FirebaseClient {
    /// Both dialects of Firebase: Info.plist says which one this build speaks.
    static let live = usesFID ? fid : token

    private static let usesFID =
        Bundle.main.object(forInfoDictionaryKey: "FirebaseMessagingInstallationIdEnabled") as? Bool ?? false

    private static let token = Self(
        currentAddress: {
            // Not yet: APNs answers later, and Firebase's delegate is called then.
            guard Messaging.messaging().apnsToken != nil else { return nil }
            return .fcmToken(try await Messaging.messaging().token())
        },
        replaceAddress: {
            try await Messaging.messaging().deleteToken()
            return .fcmToken(try await Messaging.messaging().token())
        })

    private static let fid = Self(
        currentAddress: {
            guard Messaging.messaging().apnsToken != nil else { return nil }
            try await Messaging.messaging().register()
            return .fcmFID(try await Installations.installations().installationID())
        },
        replaceAddress: {
            // Without the deletion, registering again would name the same FID.
            try await Installations.installations().delete()
            try await Messaging.messaging().register()
            return .fcmFID(try await Installations.installations().installationID())
        })
}

/// Firebase's callbacks. The address is durable when they return.
@MainActor final class FirebaseDelegate: NSObject, MessagingDelegate {
    private let shop: ShopModel

    init(_ shop: ShopModel) { self.shop = shop }

    nonisolated func messaging(_ messaging: Messaging, didReceiveRegistrationToken token: String?) {
        // Nil is no loss: there is none yet.
        guard let token else { return }
        onMain { self.shop.didReceive(.fcmToken(token)) }
    }

    // Firebase looks for these two by selector: spelled out, since a slip of the pen would compile and never be called.
    @objc(messaging:didReceiveRegistration:)
    nonisolated func messaging(_ messaging: Messaging, didReceiveRegistration installationID: String?) {
        guard let installationID else { return }
        onMain { self.shop.didReceive(.fcmFID(installationID)) }
    }

    @objc(messaging:didUnregister:)
    nonisolated func messaging(_ messaging: Messaging, didUnregister installationID: String) {
        onMain { self.shop.didLoseAddress(.fcmFID) }
    }

    /// Firebase calls on the main thread today, and nowhere promises to.
    private nonisolated func onMain(_ call: @MainActor @Sendable () -> Void) {
        if Thread.isMainThread {
            MainActor.assumeIsolated(call)
        } else {
            DispatchQueue.main.sync { MainActor.assumeIsolated(call) }
        }
    }
}
