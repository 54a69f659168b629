// Not compiled where the tests run: needs SwiftUI. The knobs that play the platform's part.

import ShopCore
import SwiftUI

struct DemoSection: View {
    @Bindable var demo: DemoPhone

    var body: some View {
        Section {
            Button("FCM rotates the token") { play { try await demo.rotate() } }
            Button("An update switches to FID") { play { try await demo.switchToFID() } }
            Button("Delete and reinstall the app") { play { try await demo.reinstall() } }
            Toggle("Network", isOn: $demo.isOnline)
        } header: {
            Text("The platform's part")
        } footer: {
            Text("Device \(demo.device.id) of the emulator").textSelection(.enabled)
        }
        .onChange(of: demo.isOnline) { _, isOnline in
            if isOnline { Task { await demo.shop.enterForeground() } }
        }
    }

    private func play(_ call: @escaping @MainActor () async throws -> Void) {
        Task {
            do { try await call() } catch { demo.shop.problem = "\(error)" }
        }
    }
}
