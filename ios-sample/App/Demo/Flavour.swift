// Not compiled where the tests run: an app's target. What it starts, DemoPhone, is tested there.

import Foundation
import Observation
import ShopCore

/// The app without Firebase: `pushbridge demo --keep` plays the rest.
@MainActor @Observable final class Flavour {
    private(set) var demo: DemoPhone?
    private(set) var problem: String?
    var shop: ShopModel? { demo?.shop }

    func start() {
        guard let world = DemoWorld(environment: ProcessInfo.processInfo.environment) else {
            problem = "Open the project with `ios-sample/open.sh demo`: it starts the demo's server and says where it is."
            return
        }
        Task {
            do { try await install(world) } catch { problem = "The demo's server does not answer: \(error)" }
        }
    }

    /// The simulator has no APNs for this app.
    func apnsAnswered(_ token: Data) {}

    private func install(_ world: DemoWorld) async throws {
        // The demo's servers forget everything at their end, so every start is a new phone.
        let folder = URL.temporaryDirectory.appendingPathComponent(UUID().uuidString, isDirectory: true)
        let phone = try await DemoPhone(world, folder: folder, notifications: .live, background: .live)
        await phone.shop.launch()
        await phone.shop.enterForeground()
        demo = phone
        while !Task.isCancelled {
            // In the part of APNs. An emulator that is gone is asked again.
            try? await phone.deliver()
            try? await Task.sleep(for: .seconds(1))
        }
    }
}
