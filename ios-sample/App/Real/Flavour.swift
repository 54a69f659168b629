// Not compiled where the tests run: needs Firebase.

import FirebaseCore
import FirebaseMessaging
import Foundation
import Pushbridge
import ShopCore

/// The app with Firebase.
@MainActor final class Flavour {
    private(set) var shop: ShopModel?
    private(set) var problem: String?
    let demo: DemoPhone? = nil
    // Firebase holds it weakly.
    private var delegate: FirebaseDelegate?

    func start() {
        FirebaseApp.configure()
        guard let settings = Settings() else {
            problem = "Write your server's address into App/Real/Settings.xcconfig"
            return
        }
        let shop = ShopModel(
            PushConfiguration(server: settings.server, app: settings.app),
            clients: Clients(
                firebase: .live, account: .live(route: settings.proofRoute), notifications: .live, background: .live,
                storage: .live(folder: .applicationSupportDirectory)))
        let delegate = FirebaseDelegate(shop)
        Messaging.messaging().delegate = delegate
        (self.shop, self.delegate) = (shop, delegate)
        Task { await shop.launch() }
    }

    /// By hand: swizzling is off.
    func apnsAnswered(_ token: Data) {
        Messaging.messaging().apnsToken = token
        shop?.apnsAnswered()
    }
}

/// From Settings.xcconfig, by way of Info.plist.
private struct Settings {
    let server, proofRoute: URL
    let app: String

    init?() {
        func text(_ key: String) -> String? { Bundle.main.object(forInfoDictionaryKey: key) as? String }
        guard let server = text("PushServer").flatMap(URL.init(string:)), server.host() != nil,
            let route = text("ProofRoute").flatMap(URL.init(string:)), let app = text("PushApp")
        else { return nil }
        (self.server, proofRoute, self.app) = (server, route, app)
    }
}
