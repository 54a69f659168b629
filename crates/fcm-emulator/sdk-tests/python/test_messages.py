"""Google's Admin SDK for Python, unmodified, against the emulator: each kind of message arrives as FCM has it."""

import asyncio
import datetime
import unittest

from firebase_admin import credentials, messaging
from emulator import READY, add_device, app, change, gone, inbox, sole

APP = app("messages")


class Messages(unittest.TestCase):
    """What is sent, and what the phone then has."""

    def test_a_notification_to_a_token_arrives(self):
        device = add_device()
        notification = messaging.Notification("Hello", "you")
        name = messaging.send(messaging.Message(token=device["fcm_token"], notification=notification), app=APP)
        self.assertRegex(name, f"^projects/{READY['project']}/messages/.+$")
        (received,) = inbox(device)
        self.assertEqual(received["name"], name)
        self.assertEqual(received["message"]["notification"], {"title": "Hello", "body": "you"})

    def test_a_data_message_to_a_fid_arrives(self):
        device = add_device()
        messaging.send(messaging.Message(fid=device["fcm_fid"], data={"camelKey": "v", "empty": ""}), app=APP)
        self.assertEqual(sole(device)["data"], {"camelKey": "v", "empty": ""})

    def test_everything_the_sdk_knows_of_android_arrives_as_fcm_has_it(self):
        device = add_device()
        notification = messaging.AndroidNotification(
            title="t", body="b", icon="i", color="#112233", sound="s", tag="g", click_action="c",
            body_loc_key="bk", body_loc_args=["1"], title_loc_key="tk", title_loc_args=["2"], channel_id="ch",
            image="https://example.com/i.png", ticker="ti", sticky=False, local_only=True, priority="max",
            event_timestamp=datetime.datetime(2026, 11, 24, 8, 30, tzinfo=datetime.timezone.utc),
            vibrate_timings_millis=[0, 50], default_vibrate_timings=False, default_sound=True,
            light_settings=messaging.LightSettings("#AABBCCDD", 200, 300), default_light_settings=False,
            visibility="secret", notification_count=0, proxy="deny",
        )
        android = messaging.AndroidConfig(
            collapse_key="k", priority="high", ttl=datetime.timedelta(milliseconds=3500), data={"a": "b"},
            restricted_package_name="com.example.app", notification=notification, direct_boot_ok=True,
            fcm_options=messaging.AndroidFCMOptions("a"), bandwidth_constrained_ok=True, restricted_satellite_ok=True,
        )
        options = messaging.FCMOptions("all")
        messaging.send(messaging.Message(token=device["fcm_token"], android=android, fcm_options=options), app=APP)
        message = sole(device)
        self.assertEqual(message["fcm_options"], {"analytics_label": "all"})
        android = message["android"]
        self.assertEqual(android["priority"], "HIGH")
        self.assertEqual(android["ttl"], "3.500000000s")
        self.assertTrue(android["bandwidth_constrained_ok"] and android["restricted_satellite_ok"])
        shown = android["notification"]
        self.assertEqual(shown["visibility"], "SECRET")
        self.assertEqual(shown["notification_priority"], "PRIORITY_MAX")
        self.assertEqual(shown["proxy"], "DENY")
        self.assertEqual(shown["body_loc_args"], ["1"])
        self.assertEqual(shown["light_settings"]["light_on_duration"], "0.200000000s")
        self.assertEqual(shown["light_settings"]["color"]["alpha"], 0xDD / 255)

    def test_an_apns_block_keeps_its_keys(self):
        device = add_device("ios")
        alert = messaging.ApsAlert(title="t", loc_key="lk", loc_args=["1"])
        aps = messaging.Aps(alert=alert, badge=0, content_available=True, custom_data={"interruption-level": "active"})
        apns = messaging.APNSConfig(
            headers={"apns-priority": "5"}, payload=messaging.APNSPayload(aps, myKey={"deepKey": 0.5}),
            fcm_options=messaging.APNSFCMOptions("i", "https://example.com/i.png"), live_activity_token="live",
        )
        messaging.send(messaging.Message(token=device["fcm_token"], apns=apns), app=APP)
        apns = sole(device)["apns"]
        self.assertEqual(apns["headers"], {"apns-priority": "5"})
        self.assertEqual(apns["payload"]["myKey"], {"deepKey": 0.5})
        self.assertEqual(apns["payload"]["aps"]["content-available"], 1)
        self.assertEqual(apns["payload"]["aps"]["badge"], 0)
        self.assertEqual(apns["payload"]["aps"]["alert"], {"title": "t", "loc-key": "lk", "loc-args": ["1"]})
        self.assertEqual(apns["live_activity_token"], "live")
        self.assertEqual(apns["fcm_options"]["image"], "https://example.com/i.png")

    def test_a_web_push_block_keeps_its_keys(self):
        device = add_device("web")
        notification = messaging.WebpushNotification(
            title="t", require_interaction=True, data={"deepKey": [0, None]}, custom_data={"customKey": 1},
            actions=[messaging.WebpushNotificationAction("a", "A")],
        )
        webpush = messaging.WebpushConfig(
            headers={"TTL": "60", "Urgency": "high"}, data={"w": "1"}, notification=notification,
            fcm_options=messaging.WebpushFCMOptions("https://example.com/x"),
        )
        messaging.send(messaging.Message(token=device["fcm_token"], webpush=webpush), app=APP)
        webpush = sole(device)["webpush"]
        self.assertEqual(webpush["headers"], {"TTL": "60", "Urgency": "high"})
        self.assertEqual(webpush["notification"], {
            "title": "t", "requireInteraction": True, "data": {"deepKey": [0, None]}, "customKey": 1,
            "actions": [{"action": "a", "title": "A"}],
        })
        self.assertEqual(webpush["fcm_options"], {"link": "https://example.com/x"})


def mixed():
    """A multicast of which one token and one FID are good, and what the SDK says of each."""
    live, dead, other, apns, fid = (add_device(kind) for kind in ("android", "android", "android", "ios", "web"))
    change(dead, "uninstall")
    change(other, "other-project")
    change(apns, "apns-dead")
    tokens = [live["fcm_token"], dead["fcm_token"], "not-a-token", other["fcm_token"], apns["fcm_token"]]
    message = messaging.MulticastMessage(tokens=tokens, fids=[fid["fcm_fid"], "not-a-fid"], data={"k": "v"})
    expected = [
        "taken", "UnregisteredError", "InvalidArgumentError", "SenderIdMismatchError", "InvalidArgumentError", "taken",
        "UnregisteredError",
    ]
    return message, sorted(expected), (live, fid)


def outcomes(batch):
    """One word for each response."""
    return ["taken" if answer.success else type(answer.exception).__name__ for answer in batch.responses]


class Batches(unittest.TestCase):
    """Many messages in one call."""

    def test_a_multicast_tells_each_outcome_apart(self):
        message, expected, reached = mixed()
        batch = messaging.send_each_for_multicast(message, app=APP)
        self.assertEqual((batch.success_count, batch.failure_count), (2, 5))
        self.assertEqual(sorted(outcomes(batch)), expected)
        for device in reached:
            self.assertEqual(sole(device)["data"], {"k": "v"})

    def test_a_multicast_over_the_async_client_does_the_same(self):
        message, expected, reached = mixed()
        # An app of its own: its client belongs to this loop.
        batch = asyncio.run(messaging.send_each_for_multicast_async(message, app=app("async")))
        self.assertEqual(sorted(outcomes(batch)), expected)
        for device in reached:
            self.assertEqual(sole(device)["data"], {"k": "v"})

    def test_a_full_batch_of_500_arrives(self):
        devices = add_device(count=500)["devices"]
        messages = [messaging.Message(token=device["fcm_token"], data={"k": "v"}) for device in devices]
        batch = messaging.send_each(messages, app=APP)
        self.assertEqual(batch.success_count, 500)
        self.assertEqual(len({answer.message_id for answer in batch.responses}), 500)

    def test_a_dry_run_checks_the_target_and_delivers_nothing(self):
        live = add_device()
        good = messaging.Message(token=live["fcm_token"])
        self.assertRegex(messaging.send(good, dry_run=True, app=APP), "^projects/.+/messages/.+$")
        with self.assertRaises(messaging.UnregisteredError):
            messaging.send(messaging.Message(token=gone()["fcm_token"]), dry_run=True, app=APP)
        batch = messaging.send_each([good, messaging.Message(token="not-a-token")], dry_run=True, app=APP)
        self.assertEqual(outcomes(batch), ["taken", "InvalidArgumentError"])
        self.assertEqual(inbox(live), [])


class ServiceAccount(unittest.TestCase):
    """The credentials that the emulator writes."""

    def test_its_file_is_enough(self):
        device = add_device()
        file = app("file", credentials.Certificate(READY["service_account"]))
        messaging.send(messaging.Message(token=device["fcm_token"], data={"k": "v"}), app=file)
        self.assertEqual(sole(device)["data"], {"k": "v"})
