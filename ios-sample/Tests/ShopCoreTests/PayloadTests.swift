import Foundation
import Testing

@testable import ShopCore

/// What iOS hands over, read.
@Suite struct PayloadTests {
    @Test func B11_anAlertIsShownByTheSystemAndDataByTheApp() {
        let alert = Payload(userInfo: [
            "aps": ["alert": ["title": "Hello", "body": "World"]], "pb_msg": "msg_1", "gcm.message_id": 7,
        ])
        #expect(alert == Payload(data: ["pb_msg": "msg_1"], title: "Hello", body: "World", isShownBySystem: true))
        let short = Payload(userInfo: ["aps": ["alert": "Hello"]])
        #expect(short == Payload(data: [:], title: "Hello", isShownBySystem: true))
        let silent = Payload(userInfo: ["aps": ["content-available": 1], "title": "Sale", "body": "Now"])
        #expect(!silent.isShownBySystem && silent.title == "Sale" && silent.body == "Now")
    }
}
