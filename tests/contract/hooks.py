"""Who calls which operation of the newsroom under test, and with which values that chance would not find.

Schemathesis loads this file by `hooks` in schemathesis.toml. The accounts are those of the demo house.
"""

import os
import threading

import requests
import schemathesis
from requests.adapters import HTTPAdapter

URL = os.environ["CONTRACT_URL"]
PASSWORD = os.environ["CONTRACT_PASSWORD"]

# Administrator of the platform: may do everything, and the house does not let them suspend or demote themselves.
MAIN = "admin@platform.example"
# Whoever signs out, loses sessions and changes passwords.
SECOND = "editor@tdh.example"
# Operations that end the session or the password they are called with: the second account's.
SELF_DESTRUCTIVE = {"log_out", "change_password", "revoke_session", "revoke_other_sessions"}
# Operations by which the main account could take the second one's access, or its own agency's: not on these records.
TAKES_ACCESS = {"update_staff_member", "suspend_staff_member", "depart_staff_member", "suspend_agency", "update_agency"}

# Access tokens live for 300 s.
REFRESH_SECS = 120


class OtherSource(HTTPAdapter):
    """Signs in from an address of its own: guesses of the cases use up the attempts of theirs."""

    def init_poolmanager(self, *args, **more):
        super().init_poolmanager(*args, **more, source_address=("127.0.0.2", 0))


class House:
    """What the hooks know of the newsroom: passwords as they are now, and records that must stay."""

    def __init__(self):
        self.lock = threading.Lock()
        self.http = requests.Session()
        self.http.mount("http://", OtherSource())
        self.passwords = {MAIN: PASSWORD, SECOND: PASSWORD}
        self.records = set()
        self.refresh = None

    def sign_in(self, email):
        with self.lock:
            answer = self.http.post(f"{URL}/v1/auth/login", json={"email": email, "password": self.passwords[email]}, timeout=30)
            if answer.status_code != 200:
                raise RuntimeError(f"{email} cannot sign in: {answer.status_code} {answer.text}")
            return answer.json()

    def protected(self):
        """Both accounts and their agencies, by all names that an address can have for them."""
        if not self.records:
            for staff in (self.sign_in(email)["staff"] for email in self.passwords):
                self.records |= {staff["id"], staff["agency"]["id"], staff["agency"]["slug"]}
        return self.records

    def refresh_token(self):
        """One that is good; the answer to it brings the next."""
        if self.refresh is None:
            self.refresh = self.sign_in(SECOND)["refresh_token"]
        return self.refresh


HOUSE = House()


def operation_of(context):
    return context.operation.definition.raw.get("operationId")


def account(case, context):
    return SECOND if operation_of(context) in SELF_DESTRUCTIVE else MAIN


class Bearer:
    def get(self, case, context):
        return HOUSE.sign_in(account(case, context))["access_token"]

    def set(self, case, token, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {token}"


# A session for each sign-out; otherwise one for each account, renewed in time and when it was ended.
schemathesis.auth(refresh_interval=None).apply_to(operation_id="log_out")(type("OneSession", (Bearer,), {}))
schemathesis.auth(refresh_interval=REFRESH_SECS, cache_by_key=account).skip_for(operation_id="log_out")(Bearer)


@schemathesis.hook
def filter_case(context, case):
    """Leaves alone the records by which we have access."""
    if operation_of(context) not in TAKES_ACCESS:
        return True
    return not HOUSE.protected() & {str(value) for value in (case.path_parameters or {}).values()}


@schemathesis.hook
def map_body(context, body):
    """Puts real secrets where chance would never find them, into bodies that have a text there."""
    operation = operation_of(context)
    if isinstance(body, dict):
        if operation == "change_password" and is_even(body.get("current_password")):
            return {**body, "current_password": HOUSE.passwords[SECOND]}
        if operation == "refresh_token" and is_even(body.get("refresh_token")):
            return {**body, "refresh_token": HOUSE.refresh_token()}
    return body


def is_even(text):
    """Every other text, by its length: the same ones in each run."""
    return isinstance(text, str) and len(text) % 2 == 0


@schemathesis.hook
def after_call(context, case, response):
    """Remembers what a call has changed for the next."""
    operation = case.operation.definition.raw.get("operationId")
    if operation == "change_password" and response.status_code == 204:
        HOUSE.passwords[SECOND] = case.body["new_password"]
    if operation == "refresh_token":
        HOUSE.refresh = response.json()["refresh_token"] if response.status_code == 200 else None
