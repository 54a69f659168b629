"""The smoke proof that the core is usable beyond Kotlin and Swift: a life of a token through real sockets."""

import asyncio
import gc
import threading
import unittest

from pushbridge import (
    DeferCause, LogoutState, MessageDisposition, Permission, PushError, Registration, RegistrationKind, SyncTrigger,
)
from pushbridge._generated import pushbridge_ffi as ffi
from tests.world import EmulatedPhone, World

BACK = SyncTrigger.NETWORK_BACK


class BindingsTest(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.end)

    def start(self, proof=None, name=None, keep=True, **options):
        name = name or self._testMethodName.replace("_", "-")[:60].rstrip("-")
        self.backend = self.world.new_app(name)
        self.phone = EmulatedPhone(self.world)
        self.push = self.world.open(name, self.phone, proof or self.backend.proof, **options)
        if keep:
            self.addAsyncCleanup(self.push.close)
        return self.push

    async def test_a_life_of_a_token(self):
        """B1, B3, B8, B10: first token, login, rotation, logout without a server, login as another."""
        push = self.start()
        push.set_permission(Permission.GRANTED)
        push.login("anna")
        self.assertTrue((await push.sync()).is_DELIVERED())
        self.assertEqual(1, self.backend.deliveries("anna"))
        self.assertEqual([], push.diagnose().findings)

        before = push.snapshot().address_fingerprint
        self.assertTrue(push.on_registration(self.phone.reset()).work_needed)
        self.assertTrue((await push.sync()).is_DELIVERED())
        self.assertNotEqual(before, push.snapshot().address_fingerprint)
        self.assertEqual(1, self.backend.deliveries("anna"))

        self.world.stop_server()
        try:
            push.logout()
            outcome = await push.sync()
            self.assertEqual(DeferCause.OFFLINE, outcome.cause)
            self.assertTrue(push.snapshot().logout.is_PENDING())
        finally:
            self.world.start_server()
        self.assertTrue((await push.sync(trigger=BACK)).is_DELIVERED())
        self.assertEqual(LogoutState.DONE(wall_closed=True), push.snapshot().logout)
        self.assertEqual(0, self.backend.deliveries("anna"))

        push.login("boris")
        self.assertTrue((await push.sync()).is_DELIVERED())
        self.assertEqual((0, 1), (self.backend.deliveries("anna"), self.backend.deliveries("boris")))

    async def test_row_11_and_12_a_provider_that_raises_keeps_the_address(self):
        answers = iter([RuntimeError("token=abc"), SystemExit("token=abc"), None])

        def proof(_user, _force_refresh):
            answer = next(answers, None)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        push = self.start(proof=proof)
        push.login("anna")
        self.assertTrue((await push.sync()).is_NEEDS_CREDENTIALS())
        self.assertEqual("live", push.snapshot().address_state)
        self.assertIn("user_proof_needed", [finding.code for finding in push.diagnose().findings])

    async def test_row_12_closed_cores_leave_nothing_behind_in_the_tables_of_callbacks(self):
        tables = [
            ffi._UniffiFfiConverterTypeCredentialsProvider._handle_map,
            ffi._UniffiFfiConverterTypePushListener._handle_map,
            ffi._UniffiContinuationHandleMap,
        ]
        held = lambda: [len(table._map) for table in tables]
        gc.collect()  # cores of other tests
        before = held()

        def proof(user, _force_refresh):
            answers = [self.backend.proof, lambda _user: None, self.raises]
            return answers[number % 3](user)

        for number in range(6):
            push = self.start(proof=proof, name=f"handles-{number}", keep=False)
            push.login("anna")
            self.assertGreater(sum(held()), sum(before))
            await push.sync()
            await push.close()
            del push
        del self.push
        gc.collect()
        for _ in range(200):  # the core's threads end after the close
            if held() == before:
                break
            await asyncio.sleep(0.05)
        self.assertEqual(before, held())

    @staticmethod
    def raises(_user):
        raise RuntimeError("token=abc")

    async def test_row_26_a_listener_may_call_the_core_and_raise(self):
        entered = threading.Event()

        def on_status(_status):
            push.login("anna")
            entered.set()
            raise RuntimeError("in the app")

        push = self.start(on_status=lambda status: on_status(status))
        push.on_registration(self.phone.current())
        self.assertTrue(entered.wait(20))
        self.assertTrue((await push.sync()).is_DELIVERED())
        self.assertTrue(push.snapshot().login.bound)

    async def test_row_27_after_a_close_every_call_says_so(self):
        push = self.start()
        await push.close()
        await push.close()
        for call in (push.logout, push.snapshot, push.diagnose, lambda: push.login("anna")):
            with self.assertRaises(PushError.Closed):
                call()
        with self.assertRaises(PushError.Closed):
            await push.sync()

    async def test_a_message_for_another_login_is_dropped(self):
        push = self.start()
        push.login("anna")
        self.assertTrue(push.on_message({"title": "for everyone"}).is_DELIVER())
        foreign = push.on_message({"pb_msg": "msg_1", "pb_login": "another", "title": "x"})
        self.assertEqual(MessageDisposition.DROP_FOREIGN_LOGIN(), foreign)
        of_a_newer_server = push.on_message({"pb_of_tomorrow": "1", "title": "not to be shown"})
        self.assertEqual(MessageDisposition.IGNORE(), of_a_newer_server)

    async def test_row_24_a_paused_core_takes_what_the_app_says_and_sends_it_after_the_resume(self):
        push = self.start()
        await push.sync()
        push.pause()
        self.assertTrue(push.set_attributes(tags=["vip"]).changed)
        self.assertTrue((await push.sync()).is_PAUSED())
        push.resume()
        self.assertTrue((await push.sync()).is_DELIVERED())

    def test_i11_a_registration_does_not_print(self):
        self.assertNotIn("abc", repr(Registration(RegistrationKind.FCM_TOKEN, "abc")))


if __name__ == "__main__":
    unittest.main()
