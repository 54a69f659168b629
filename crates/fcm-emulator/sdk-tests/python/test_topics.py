"""Topic management by Google's Admin SDK for Python, unmodified: its own calls, its legacy ones, what then arrives."""

import asyncio
import unittest

from firebase_admin import messaging
from emulator import add_device, app, gone, inbox

APP = app("topics")


def outcome(response):
    """The count of successes, and each error with its place."""
    return response.success_count, [(error.index, error.reason) for error in response.errors]


def kinds(device):
    """The value of `k` in each message that arrived."""
    return [received["message"]["data"]["k"] for received in inbox(device)]


def send(k, **target):
    """A data message to a topic or a condition."""
    messaging.send(messaging.Message(data={"k": k}, **target), app=APP)


class Topics(unittest.TestCase):
    """Subscriptions and fan-out."""

    def test_tokens_are_subscribed_one_by_one_and_each_error_is_typed(self):
        phone = add_device()
        tokens = [phone["fcm_token"], gone()["fcm_token"], "not-a-token"]
        response = messaging.subscribe_to_topic(tokens, "py-news", app=APP)
        self.assertEqual(outcome(response), (1, [(1, "UNREGISTERED"), (2, "INVALID_ARGUMENT")]))
        again = messaging.subscribe_to_topic([phone["fcm_token"]], "/topics/py-news", app=APP)
        self.assertEqual(outcome(again), (1, []))

    def test_a_topic_and_a_condition_arrive_until_the_token_is_unsubscribed(self):
        phone = add_device()
        messaging.subscribe_to_topic(phone["fcm_token"], "py-sport", app=APP)
        send("topic", topic="py-sport")
        send("condition", condition="'py-sport' in topics && !('py-other' in topics)")
        self.assertEqual(kinds(phone), ["topic", "condition"])
        self.assertEqual(outcome(messaging.unsubscribe_from_topic(phone["fcm_token"], "py-sport", app=APP)), (1, []))
        send("late", topic="py-sport")
        self.assertEqual(len(inbox(phone)), 2)

    def test_the_async_calls_do_the_same(self):
        phone, own = add_device(), app("async-topics")

        async def both():
            made = await messaging.subscribe_to_topic_async(phone["fcm_fid"], "py-async", app=own)
            send("v", topic="py-async")
            return made, await messaging.unsubscribe_from_topic_async(phone["fcm_fid"], "py-async", app=own)

        made, ended = asyncio.run(both())
        self.assertEqual((outcome(made), outcome(ended)), ((1, []), (1, [])))
        self.assertEqual(kinds(phone), ["v"])

    def test_the_legacy_calls_do_the_same(self):
        phone = add_device()
        tokens = [phone["fcm_token"], gone()["fcm_token"]]
        subscribed = messaging.subscribe_to_topic_legacy(tokens, "py-old", app=APP)
        self.assertEqual(outcome(subscribed), (1, [(1, "NOT_FOUND")]))
        send("v", topic="py-old")
        self.assertEqual(kinds(phone), ["v"])
        ended = messaging.unsubscribe_from_topic_legacy([phone["fcm_token"]], "py-old", app=APP)
        self.assertEqual(outcome(ended), (1, []))
