// Not compiled where the tests run: needs UserNotifications and BackgroundTasks.

import BackgroundTasks
import Foundation
import Pushbridge
import ShopCore
import UserNotifications

extension NotificationsClient {
    static let live = Self(
        permission: {
            switch await UNUserNotificationCenter.current().notificationSettings().authorizationStatus {
            case .authorized, .ephemeral: .granted
            case .provisional: .provisional
            case .denied: .denied
            case .notDetermined: .notDetermined
            @unknown default: .notDetermined
            }
        },
        askForPermission: {
            let granted = try? await UNUserNotificationCenter.current().requestAuthorization(options: [.alert, .sound])
            return granted == true ? .granted : .denied
        },
        show: { payload in
            let content = UNMutableNotificationContent()
            content.title = payload.title
            content.body = payload.body
            content.sound = .default
            // All of it: a tap asks Pushbridge again whose message this is.
            content.userInfo = payload.data
            // The server's name for the message: a second one takes the place of the first.
            let id = payload.data["pb_msg"] ?? UUID().uuidString
            try? await UNUserNotificationCenter.current()
                .add(UNNotificationRequest(identifier: id, content: content, trigger: nil))
        },
        removeAll: { UNUserNotificationCenter.current().removeAllDeliveredNotifications() })
}

extension BackgroundClient {
    static let live = Self(scheduleRefresh: {
        let request = BGAppRefreshTaskRequest(identifier: refreshTask)
        request.earliestBeginDate = Date(timeIntervalSinceNow: 12 * 60 * 60)
        // Fails in the simulator and where the person switched background refresh off.
        try? BGTaskScheduler.shared.submit(request)
    })
}
