"""The real server and the real emulator, as programs on loopback."""

import json
import os
import subprocess
import tempfile
import urllib.request
from pathlib import Path

from pushbridge import Pushbridge, Registration, RegistrationKind


class Program:
    """Started as a user would; its first line says where it is."""

    def __init__(self, name, *arguments):
        command = [os.path.join(os.environ["PUSHBRIDGE_PROGRAMS"], name), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.ready = json.loads(self.process.stdout.readline())

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def request(method, url, body=None, key=None):
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as answer:
        text = answer.read()
        return json.loads(text) if text else None


class World:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.emulator = Program("pushbridge-fcm-emulator", "--listen", "127.0.0.1:0", "--dir", f"{self.folder.name}/fcm")
        self.serve("127.0.0.1:0")
        self.url = self.server.ready["url"]
        self.key = Path(self.server.ready["bootstrap_key_file"]).read_text().strip()
        self.stores = 0

    def serve(self, listen):
        self.server = Program("pushbridge", "serve", "--data", f"{self.folder.name}/data", "--listen", listen)

    def stop_server(self):
        self.server.kill()

    def start_server(self):
        self.serve(self.url.removeprefix("http://"))

    def new_app(self, name):
        ready = self.emulator.ready
        app = {
            "id": name, "firebase_project": ready["project"], "fcm_endpoint": ready["url"],
            "service_account": json.loads(Path(ready["service_account"]).read_text()),
            "policy": {"mode": "multi"}, "identity": {"mode": "jwt"},
        }
        request("POST", f"{self.url}/v1/admin/apps", app, self.key)
        return Backend(f"{self.url}/v1/apps/{name}", self.key)

    def open(self, name, phone, proof, **options):
        self.stores += 1
        store = f"{self.folder.name}/phone-{self.stores}"
        return Pushbridge.open(self.url, name, store, phone, proof, https_only=False, **options)

    def end(self):
        self.server.kill()
        self.emulator.kill()
        self.folder.cleanup()


class Backend:
    def __init__(self, url, key):
        self.url, self.key = url, key

    def proof(self, user, _force_refresh=False):
        return request("POST", f"{self.url}/user-tokens", {"user": user}, self.key)["token"]

    def deliveries(self, user):
        """How many a message would have now; nothing is sent."""
        return len([one for one in self.explain(user)["installations"] if one["gets_push"]])

    def explain(self, user):
        return request("GET", f"{self.url}/users/{user}/explain", key=self.key)


class EmulatedPhone:
    """A device of the emulator in the part of Firebase."""

    def __init__(self, world):
        self.url = world.emulator.ready["control"] + "/devices"
        made = request("POST", self.url, {"platform": "android"})
        self.id = made["id"] if "id" in made else made["devices"][0]["id"]

    def current(self):
        device = request("GET", f"{self.url}/{self.id}")
        return Registration(RegistrationKind.FCM_TOKEN, device["fcm_token"])

    def reset(self):
        request("POST", f"{self.url}/{self.id}/rotate", {})
        return self.current()
