"""Google's Admin SDK for Python, unmodified, against the emulator: each of FCM's errors becomes the SDK's own."""

import unittest

from firebase_admin import exceptions, messaging
from emulator import Bearer, add_device, add_fault, app, clear_faults, inbox, sole, statuses

APP = app("errors")


def send(target, **message):
    """Sends, and says by which class the SDK refused."""
    try:
        messaging.send(messaging.Message(**target, **message), app=APP)
    except exceptions.FirebaseError as error:
        return type(error)
    return None


class Errors(unittest.TestCase):
    """What FCM says, and what the SDK makes of it."""

    def tearDown(self):
        clear_faults()

    def test_each_error_of_fcm_becomes_the_error_of_the_sdk(self):
        device = add_device()
        for fault, expected in (
            ({"error_code": "UNREGISTERED"}, messaging.UnregisteredError),
            ({"error_code": "INVALID_ARGUMENT"}, exceptions.InvalidArgumentError),
            ({"error_code": "SENDER_ID_MISMATCH"}, messaging.SenderIdMismatchError),
            ({"error_code": "QUOTA_EXCEEDED"}, messaging.QuotaExceededError),
            ({"status": 400}, exceptions.InvalidArgumentError),
            # Without an FcmError the SDK goes by the status alone.
            ({"status": 403}, exceptions.PermissionDeniedError),
            ({"status": 404}, exceptions.NotFoundError),
            ({"action": "html"}, exceptions.UnknownError),
            # The SDK answers a 401 with up to two fresh tokens.
            ({"error_code": "THIRD_PARTY_AUTH_ERROR", "times": 3}, messaging.ThirdPartyAuthError),
            ({"action": "html", "status": 401, "times": 3}, exceptions.UnauthenticatedError),
        ):
            with self.subTest(fault):
                add_fault(device, **fault)
                self.assertIs(send({"token": device["fcm_token"]}), expected)
                clear_faults()
        self.assertEqual(inbox(device), [])

    def test_a_phone_that_stays_unavailable_is_given_up_after_four_retries(self):
        for code, status, expected in (
            ("UNAVAILABLE", 503, exceptions.UnavailableError),
            ("INTERNAL", 500, exceptions.InternalError),
            ("UNSPECIFIED_ERROR", 500, exceptions.UnknownError),
        ):
            with self.subTest(code):
                device = add_device()
                # Retry-After shortens its backoff from 7 s to 4 s.
                add_fault(device, error_code=code, retry_after="1", times=9)
                self.assertIs(send({"token": device["fcm_token"]}), expected)
                self.assertEqual(statuses(device), [status] * 5)
                clear_faults()

    def test_the_sdk_tries_again_after_a_503_and_the_message_arrives_once(self):
        device = add_device()
        add_fault(device, status=503)
        self.assertIsNone(send({"token": device["fcm_token"]}, data={"k": "v"}))
        self.assertEqual(statuses(device), [503, 200])
        self.assertEqual(sole(device)["data"], {"k": "v"})

    def test_the_sdk_waits_as_a_429_says(self):
        device = add_device()
        add_fault(device, error_code="QUOTA_EXCEEDED", retry_after="1")
        self.assertIsNone(send({"token": device["fcm_token"]}, data={"k": "v"}))
        self.assertEqual(statuses(device), [429, 200])

    def test_what_fcm_alone_can_refuse_is_refused(self):
        token = {"token": add_device()["fcm_token"]}
        for message in (
            {"data": {"from": "x"}},
            {"data": {"google.x": "x"}},
            {"data": {"k": "x" * 4096}},
            {"android": messaging.AndroidConfig(ttl=2_419_201)},
            {"android": messaging.AndroidConfig(restricted_package_name="com.example.other")},
        ):
            with self.subTest(list(message)):
                self.assertIs(send(token, **message), exceptions.InvalidArgumentError)
        self.assertIs(send({"condition": "'a' in topics &&"}), exceptions.InvalidArgumentError)
        self.assertIsNone(send(token, data={"collapse_key": "x"}))

    def test_a_bearer_that_nobody_issued_is_refused(self):
        stranger = app("stranger", Bearer("stranger"))
        with self.assertRaises(exceptions.UnauthenticatedError):
            messaging.send(messaging.Message(token=add_device()["fcm_token"]), app=stranger)
