// Not compiled where the tests run: needs UIKit. Every callback is one call of ShopModel, which is tested there.
//
// In: iOS's callbacks. Out: calls of the model. Next: ShopModel+System.swift, ShopModel+Messages.swift.

import BackgroundTasks
import ShopCore
import SwiftUI
import UIKit
import UserNotifications

@MainActor final class AppDelegate: NSObject, UIApplicationDelegate {
    /// What differs between the app with Firebase and the demo: App/Real and App/Demo have one each.
    let flavour = Flavour()

    func application(
        _ application: UIApplication, didFinishLaunchingWithOptions options: [UIApplication.LaunchOptionsKey: Any]?
    ) -> Bool {
        // Both before this method returns, or a tap that started the app and the first background turn are lost.
        UNUserNotificationCenter.current().delegate = self
        registerRefresh()
        flavour.start()
        // At every launch: the APNs token may change. Needs no permission.
        application.registerForRemoteNotifications()
        return true
    }

    func application(_ application: UIApplication, didRegisterForRemoteNotificationsWithDeviceToken token: Data) {
        flavour.apnsAnswered(token)
    }

    /// Without an APNs token there is no address; iOS asks again at the next launch.
    func application(_ application: UIApplication, didFailToRegisterForRemoteNotificationsWithError error: any Error) {
        flavour.shop?.problem = error.localizedDescription
    }

    func application(
        _ application: UIApplication, didReceiveRemoteNotification userInfo: [AnyHashable: Any]
    ) async -> UIBackgroundFetchResult {
        switch await flavour.shop?.received(Payload(userInfo: userInfo)) {
        case .newData: .newData
        case .noData: .noData
        case .failed, nil: .failed
        }
    }

    /// The store cannot be opened before the first unlock after a start of the phone.
    func applicationProtectedDataDidBecomeAvailable(_ application: UIApplication) {
        Task { await flavour.shop?.launch() }
    }
}

// MARK: Notifications

extension AppDelegate: UNUserNotificationCenterDelegate {
    nonisolated func userNotificationCenter(
        _ center: UNUserNotificationCenter, willPresent notification: UNNotification
    ) async -> UNNotificationPresentationOptions {
        let payload = Payload(userInfo: notification.request.content.userInfo)
        return await mayShow(payload) ? [.banner, .list, .sound] : []
    }

    nonisolated func userNotificationCenter(
        _ center: UNUserNotificationCenter, didReceive response: UNNotificationResponse
    ) async {
        await opened(Payload(userInfo: response.notification.request.content.userInfo))
    }

    private func mayShow(_ payload: Payload) -> Bool { flavour.shop?.willPresent(payload) ?? false }
    private func opened(_ payload: Payload) { flavour.shop?.opened(payload) }
}

// MARK: Background

extension AppDelegate {
    func phaseChanged(to phase: ScenePhase) {
        switch phase {
        case .active: Task { await flavour.shop?.enterForeground() }
        case .background: finishInBackground()
        default: break
        }
    }

    private func registerRefresh() {
        BGTaskScheduler.shared.register(forTaskWithIdentifier: BackgroundClient.refreshTask, using: .main) { task in
            MainActor.assumeIsolated { self.run(task) }
        }
    }

    private func run(_ task: BGTask) {
        Task {
            // iOS gives 30 seconds; the deadline comes first, so nothing need be cancelled.
            task.setTaskCompleted(success: await flavour.shop?.refresh(within: 20) ?? false)
        }
    }

    private func finishInBackground() {
        var turn = UIBackgroundTaskIdentifier.invalid
        turn = UIApplication.shared.beginBackgroundTask { UIApplication.shared.endBackgroundTask(turn) }
        Task {
            await flavour.shop?.enterBackground(within: 20)
            UIApplication.shared.endBackgroundTask(turn)
        }
    }
}
