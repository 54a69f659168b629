"""The running emulator, as a test sees it.

In: the ready line, in EMULATOR_READY. Out: devices, inboxes, faults, and what redirects the Admin SDK.
Next: test_messages, test_errors, test_topics.
"""

import datetime
import json
import os
import urllib.request

import firebase_admin
import google.auth.credentials
from firebase_admin import credentials, messaging

READY = json.loads(os.environ["EMULATOR_READY"])


class FixedToken(google.auth.credentials.Credentials):
    """An access token that nobody has to fetch."""

    def __init__(self, token):
        super().__init__()
        self.token = token
        self.expiry = datetime.datetime.max

    def refresh(self, request):
        """Called by the SDK at each 401; the token stays what it is."""


class Bearer(credentials.Base):
    """`owner` is the admin bearer of the Firebase emulators."""

    def __init__(self, token="owner"):
        super().__init__()
        self._token = token

    def get_credential(self):
        return FixedToken(self._token)


def app(name, credential=None):
    """The SDK as docs/EMULATOR.md sets it up."""
    service = messaging._MessagingService
    service.FCM_URL = READY["url"] + "/v1/projects/{0}/messages:send"
    service.IID_URL = READY["url"]
    made = firebase_admin.initialize_app(credential or Bearer(), {"projectId": READY["project"]}, name)
    topics = messaging._get_messaging_service(made)
    topics._fcm_topic_url = f"{READY['url']}/v1/projects/{READY['project']}/registrations"
    return made


def control(method, path, body=None):
    """Asks the control API; its answer, `None` where there is none."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(READY["control"] + path, data, method=method)
    with urllib.request.urlopen(request) as response:
        text = response.read()
    return json.loads(text) if text else None


def add_device(platform="android", **more):
    """A new phone, or `count` of them."""
    return control("POST", "/devices", {"platform": platform, **more})


def change(device, what):
    """Rotates, uninstalls, …"""
    return control("POST", f"/devices/{device['id']}/{what}")


def gone():
    """A phone whose app was uninstalled."""
    device = add_device()
    change(device, "uninstall")
    return device


def inbox(device):
    """What arrived, oldest first."""
    return control("GET", f"/devices/{device['id']}/inbox")["messages"]


def sole(device):
    """The one message that arrived, without what FCM put around it."""
    messages = inbox(device)
    assert len(messages) == 1, messages
    return messages[0]["message"]


def add_fault(device, **fault):
    """Scripts what the next send to `device` gets."""
    return control("POST", "/faults", {**fault, "device": device["id"], "times": fault.get("times", 1)})


def clear_faults():
    """Every script ends."""
    control("DELETE", "/faults")


def statuses(device):
    """The statuses with which the emulator answered sends to `device`, in order."""
    requests = control("GET", "/requests")["requests"]
    return [request["status"] for request in requests if request["device"] == device["id"]]
