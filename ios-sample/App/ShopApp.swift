// Not compiled where the tests run: needs UIKit and SwiftUI.

import ShopCore
import SwiftUI

@main struct ShopApp: App {
    @UIApplicationDelegateAdaptor private var delegate: AppDelegate
    @Environment(\.scenePhase) private var phase

    var body: some Scene {
        WindowGroup {
            if let shop = delegate.flavour.shop {
                ShopScreen(shop: shop, demo: delegate.flavour.demo)
            } else {
                ContentUnavailableView(
                    "Not ready", systemImage: "bell.slash",
                    description: Text(delegate.flavour.problem ?? "Starting…"))
            }
        }
        .onChange(of: phase) { _, phase in delegate.phaseChanged(to: phase) }
    }
}
