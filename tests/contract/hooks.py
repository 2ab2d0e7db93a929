"""Who calls which operation of the newsroom under test, and with which values that chance would never find.

Schemathesis loads this file by `hooks` in schemathesis.toml. The accounts are those of the demo house. Without it, nearly all
calls would end at 401, 404 or 412, and the contract of the answers that matter would go untested.
"""

import base64
import json
import os
import threading
import zlib

import requests
import schemathesis
from requests.adapters import HTTPAdapter
from schemathesis.core.parameters import ParameterLocation

URL = os.environ["CONTRACT_URL"]
PASSWORD = os.environ["CONTRACT_PASSWORD"]

# Administrator of the platform: may do everything, and the house does not let them suspend or demote themselves.
MAIN = "admin@platform.example"
# Whoever signs out, loses sessions and changes passwords.
SECOND = "editor@tdh.example"
# Operations that end the session or the password that they are called with: the second account's.
SELF_DESTRUCTIVE = {"log_out", "change_password", "revoke_session", "revoke_other_sessions"}
# Operations by which the main account could take the second one's access, or that of all of an agency: not on these records.
TAKES_ACCESS = {"update_staff_member", "suspend_staff_member", "depart_staff_member", "suspend_agency", "update_agency"}

# Access tokens live for 300 s.
REFRESH_SECS = 120
# Records are listed anew after so many calls, to find those that were made meanwhile.
LIST_CALLS = 200


class OtherSource(HTTPAdapter):
    """Calls from an address of its own: what the cases guess wrong uses up the attempts of theirs."""

    def init_poolmanager(self, *args, **more):
        super().init_poolmanager(*args, **more, source_address=("127.0.0.2", 0))


class House:
    """What we know of the newsroom: passwords as they are now, and records that there are."""

    def __init__(self):
        self.lock = threading.RLock()
        self.http = requests.Session()
        self.http.mount("http://", OtherSource())
        self.passwords = {MAIN: PASSWORD, SECOND: PASSWORD}
        self.token = None
        self.refresh = None
        self.ours = set()
        self.lists = {}
        self.calls = 0

    def sign_in(self, email):
        with self.lock:
            answer = self.http.post(f"{URL}/v1/auth/login", json={"email": email, "password": self.passwords[email]}, timeout=30)
        if answer.status_code != 200:
            raise RuntimeError(f"{email} cannot sign in: {answer.status_code} {answer.text}")
        return answer.json()

    def get(self, path, **query):
        """As the main account; with a new token when the old one is no longer good."""
        with self.lock:
            for _ in range(2):
                if self.token is None:
                    self.token = self.sign_in(MAIN)["access_token"]
                answer = self.http.get(URL + path, params=query, headers={"Authorization": f"Bearer {self.token}"}, timeout=30)
                if answer.status_code != 401:
                    break
                self.token = None
            return answer

    def refresh_token(self):
        """One that is good; the answer to it brings the next."""
        if self.refresh is None:
            self.refresh = self.sign_in(SECOND)["refresh_token"]
        return self.refresh

    def protected(self):
        """Both accounts and their agencies, by all names that an address can have for them."""
        if not self.ours:
            for staff in [self.sign_in(email)["staff"] for email in (MAIN, SECOND)]:
                self.ours |= {staff["id"], staff["agency"]["id"], staff["agency"]["slug"]}
        return self.ours

    def listed(self, path):
        """The records of the list at this address; none where there is no list."""
        if path not in self.lists:
            answer = self.get(path, limit=100)
            if answer.status_code == 400:
                answer = self.get(path)
            body = answer.json() if answer.status_code == 200 else None
            self.lists[path] = body["data"] if isinstance(body, dict) and isinstance(body.get("data"), list) else []
        return self.lists[path]

    def address(self, template, choice, forbidden):
        """Values for the variables of an address, so that it names a record; `None` where we know of none."""
        path, row, values = "", None, {}
        for segment in template.strip("/").split("/"):
            if segment.startswith("{"):
                name = segment[1:-1]
                rows = [row for row in self.listed(path) if forbidden.isdisjoint(map(str, (row.get("id"), row.get("slug"))))]
                if rows:
                    row = rows[choice % len(rows)]
                    choice //= len(rows)
                values[name] = next((row[key] for key in (name, "slug", "id") if row.get(key) is not None), None) if row else None
                if values[name] is None:
                    return None
                segment = str(values[name])
            path += f"/{segment}"
        return values

    def etag(self, path):
        """Of the record that an address is about: /v1/staff/{id}/suspend is about /v1/staff/{id}."""
        while path.count("/") >= 2:
            answer = self.get(path)
            if answer.status_code == 200 and "ETag" in answer.headers:
                return answer.headers["ETag"]
            path = path.rpartition("/")[0]
        return None


HOUSE = House()


def operation_id(operation):
    return operation.definition.raw.get("operationId")


def account(case, context):
    return SECOND if operation_id(case.operation) in SELF_DESTRUCTIVE else MAIN


class Bearer:
    def get(self, case, context):
        return HOUSE.sign_in(account(case, context))["access_token"]

    def set(self, case, token, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {token}"


class BearerOfOneCall(Bearer):
    pass


# Who signs out does so from a session of its own; all others share one for each account.
schemathesis.auth(refresh_interval=None).apply_to(operation_id="log_out")(BearerOfOneCall)
schemathesis.auth(refresh_interval=REFRESH_SECS, cache_by_key=account).skip_for(operation_id="log_out")(Bearer)


def is_wrong_on_purpose(case, location):
    return case.meta is not None and case.meta.is_negative_at(location)


def number_of(value):
    """The same number for the same value in every run."""
    return zlib.crc32(repr(value).encode())


@schemathesis.hook
def before_call(context, case, kwargs):
    """Names real records in most of the addresses that are not wrong on purpose, with their ETag."""
    HOUSE.calls += 1
    if HOUSE.calls % LIST_CALLS == 0:
        HOUSE.lists.clear()
    operation = operation_id(case.operation)
    forbidden = HOUSE.protected() if operation in TAKES_ACCESS else frozenset()
    names_ours = not forbidden.isdisjoint(str(value) for value in (case.path_parameters or {}).values())
    choice = number_of(case.path_parameters)
    if case.path_parameters and (names_ours or (choice % 5 > 0 and not is_wrong_on_purpose(case, ParameterLocation.PATH))):
        if operation == "revoke_session":
            values = {"id": session_of(HOUSE.sign_in(SECOND)["access_token"])}
        else:
            values = HOUSE.address(case.path, choice // 5, forbidden)
        if values is not None:
            case.path_parameters = {**case.path_parameters, **values}
        elif names_ours:
            raise RuntimeError(f"there is no record for {operation} but our own")
    given = next((name for name in case.headers or {} if name.lower() == "if-match"), None)
    if given and number_of(case.headers[given]) % 5 > 0 and not is_wrong_on_purpose(case, ParameterLocation.HEADER):
        etag = HOUSE.etag(case.formatted_path)
        if etag is not None:
            case.headers[given] = etag


def session_of(token):
    claims = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sid"]


@schemathesis.hook
def map_body(context, body):
    """Puts real secrets into every other body that has a text in their place."""
    operation = operation_id(context.operation)
    if operation == "change_password" and has_even_text(body, "current_password"):
        return {**body, "current_password": HOUSE.passwords[SECOND]}
    if operation == "refresh_token" and has_even_text(body, "refresh_token"):
        return {**body, "refresh_token": HOUSE.refresh_token()}
    return body


def has_even_text(body, member):
    text = body.get(member) if isinstance(body, dict) else None
    return isinstance(text, str) and len(text) % 2 == 0


@schemathesis.hook
def after_call(context, case, response):
    """Remembers what a call has changed for the next ones."""
    operation = operation_id(case.operation)
    if operation == "change_password" and response.status_code == 204 and "idempotency-replayed" not in response.headers:
        HOUSE.passwords[SECOND] = case.body["new_password"]
    if operation == "refresh_token":
        HOUSE.refresh = response.json()["refresh_token"] if response.status_code == 200 else None


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """A parameter that keeps to its schema may still be refused with 400: a cursor that is not ours, a fallback without a language."""
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 400:
        return True
    return response.json().get("code") not in {"invalid_parameter", "invalid_cursor"}
