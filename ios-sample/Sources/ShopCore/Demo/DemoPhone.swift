import Foundation
import Observation
import Pushbridge

/// The app on a phone of the demo: the real model and core, a device of the emulator in the part of Firebase and APNs,
/// and knobs for what the platform does.
@MainActor @Observable public final class DemoPhone {
    /// The app. Another one after a reinstall.
    public private(set) var shop: ShopModel
    /// Whether the phone has a network: it reaches neither the server nor Firebase without. Pushes still arrive, as those do
    /// that were on their way.
    public var isOnline = true {
        didSet { relay.setOnline(isOnline) }
    }
    public let device: EmulatorDevice

    private let make: @MainActor () -> ShopModel
    private let relay: Relay
    private let folder: URL

    /// Installs the app: `folder` is its own, and empty.
    public init(
        _ world: DemoWorld, folder: URL, notifications: NotificationsClient, background: BackgroundClient
    ) async throws {
        let (device, relay) = (try await EmulatorDevice(of: world.emulator), try Relay(to: world.server))
        var configuration = PushConfiguration(server: relay.url, app: world.app)
        configuration.folder = folder.appendingPathComponent("Pushbridge", isDirectory: true)
        configuration.allowsPlainLoopback = true
        let clients = Clients(
            firebase: .demo(device, behind: relay), account: .demo(world), notifications: notifications, background: background,
            storage: .live(folder: folder))
        let make = { @MainActor [configuration] in ShopModel(configuration, clients: clients) }
        (self.device, self.relay, self.folder, self.make) = (device, relay, folder, make)
        shop = make()
    }

    /// Firebase names another address.
    public func rotate() async throws {
        shop.didReceive(try await device.rotate())
    }

    /// An update of the app whose Info.plist says FID.
    public func switchToFID() async throws {
        shop.didReceive(try await device.switchToFID())
    }

    /// The app goes with all its files, and comes again.
    public func reinstall() async throws {
        await shop.close()
        try FileManager.default.removeItem(at: folder)
        try await device.reinstall()
        await start()
    }

    /// The process ended, and starts again.
    public func restart() async {
        await shop.close()
        await start()
    }

    private func start() async {
        shop = make()
        await shop.launch()
        await shop.enterForeground()
    }

    /// Hands over what arrived since the last call, as iOS does: what has an alert is shown, the rest wakes the app.
    public func deliver() async throws {
        for payload in try await device.arrivals() {
            if payload.isShownBySystem, shop.isOnScreen, shop.willPresent(payload) {
                await shop.clients.notifications.show(payload)
            } else if !payload.isShownBySystem {
                _ = await shop.received(payload)
            }
        }
    }
}
