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
from schemathesis.generation.meta import TestPhase

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

# The states in which an operation has something to do.
WANTED = {
    "delete_translation": {"publication": {"unreleased"}, "is_original": {False}},
    "submit_translation": {"review": {"draft"}},
    "return_translation": {"review": {"in_review", "approved"}},
    "approve_translation": {"review": {"in_review"}},
    "publish_translation": {"review": {"draft", "approved"}},
    "unpublish_translation": {"publication": {"published"}},
    "kill_translation": {"publication": {"published"}},
    "suspend_staff_member": {"state": {"active"}},
    "reinstate_staff_member": {"state": {"suspended"}},
    "renew_invitation": {"state": {"invited"}},
    "suspend_agency": {"state": {"active"}},
    "reinstate_agency": {"state": {"suspended"}},
}

# Access tokens live for 300 s.
REFRESH_SECS = 120
# Records are listed anew after so many calls, to find those that were made meanwhile.
LIST_CALLS = 300


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
        self.addresses = {}
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

    def records(self, template):
        """The records that an address can name, each with the values of the variables: found by walking the lists on its way."""
        if template not in self.addresses:
            found = [("", {}, {})]
            for segment in template.strip("/").split("/"):
                found = [following for each in found for following in self.follow(segment, *each)]
            self.addresses[template] = [(values, row) for _, values, row in found]
        return self.addresses[template]

    def follow(self, segment, path, values, row):
        if not segment.startswith("{"):
            return [(f"{path}/{segment}", values, row)]
        name = segment[1:-1]
        # Two variables in a row are of the same record.
        rows = self.listed(path) or ([row] if name in row else [])
        keys = [(next((row[key] for key in (name, "slug", "id") if row.get(key) is not None), None), row) for row in rows]
        return [(f"{path}/{key}", {**values, name: key}, row) for key, row in keys if key is not None]

    def forget(self):
        """Looks anew from now on."""
        self.lists.clear()
        self.addresses.clear()

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
    return zlib.crc32(repr(value).encode(errors="replace"))


def chosen(case, operation):
    """The values for a real address, if this case shall have one: a record in the right state, mostly."""
    if operation == "revoke_session":
        return {"id": session_of(HOUSE.sign_in(SECOND)["access_token"])}
    forbidden = HOUSE.protected() if operation in TAKES_ACCESS else set()
    records = [(values, row) for values, row in HOUSE.records(case.path) if forbidden.isdisjoint(map(str, (*values.values(), row.get("id"), row.get("slug"))))]
    fitting = [record for record in records if all(record[1].get(name) in states for name, states in WANTED.get(operation, {}).items())]
    choice = number_of(case.path_parameters) + HOUSE.calls
    pool = fitting if fitting and choice % 4 > 0 else records
    return pool[choice // 4 % len(pool)][0] if pool else None


@schemathesis.hook
def before_call(context, case, kwargs):
    """Names real records in most requests that are not wrong on purpose: in the address, with their ETag, and in the body."""
    HOUSE.calls += 1
    if HOUSE.calls % LIST_CALLS == 0:
        HOUSE.forget()
    operation = operation_id(case.operation)
    if case.path_parameters:
        is_ours = operation in TAKES_ACCESS and not HOUSE.protected().isdisjoint(map(str, case.path_parameters.values()))
        may_change = is_mostly(case) and not is_in(case, TestPhase.STATEFUL) and not is_wrong_on_purpose(case, ParameterLocation.PATH)
        if is_ours or may_change:
            values = chosen(case, operation)
            if is_ours and values is None:
                raise RuntimeError(f"there is no record for {operation} but our own")
            case.path_parameters = {**case.path_parameters, **(values or {})}
    if is_mostly(case) and not is_wrong_on_purpose(case, ParameterLocation.HEADER):
        if_match, key = header(case, "if-match"), header(case, "idempotency-key")
        etag = HOUSE.etag(case.formatted_path) if if_match else None
        if etag is not None:
            case.headers[if_match] = etag
        if key and len(case.headers[key]) < 200:
            case.headers[key] += str(HOUSE.calls)
    if HOUSE.calls % 2 == 0 and isinstance(case.body, dict) and not is_wrong_on_purpose(case, ParameterLocation.BODY):
        case.body = real_body(case, operation)


def is_mostly(case):
    """Four of five, and all examples: their records are of another house."""
    return HOUSE.calls % 5 > 0 or is_in(case, TestPhase.EXAMPLES)


def is_in(case, phase):
    return case.meta is not None and case.meta.phase.name == phase


def header(case, lower_name):
    return next((name for name in case.headers or {} if name.lower() == lower_name), None)


def session_of(token):
    claims = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sid"]


def real_body(case, operation):
    """The body with what is real in place of what is random: secrets, and all sections."""
    body = case.body
    if operation == "change_password":
        return {**body, "current_password": HOUSE.passwords[SECOND]}
    if operation == "refresh_token":
        return {**body, "refresh_token": HOUSE.refresh_token()}
    if operation == "order_sections":
        return {**body, "sections": [section["id"] for section in reversed(HOUSE.listed("/v1/sections")) if section["state"] == "active"]}
    return body


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
    problem = response.json()
    if problem["code"] == "malformed_body":
        # To JSON Schema 90.0 is an integer; we want it written as one.
        return not any("whole number" in fault["detail"] for fault in problem.get("errors", [])) or not has_whole_float(case.body)
    return problem["code"] not in {"invalid_parameter", "invalid_cursor"}


def has_whole_float(value):
    if isinstance(value, dict):
        return any(has_whole_float(member) for member in value.values())
    if isinstance(value, list):
        return any(has_whole_float(item) for item in value)
    return isinstance(value, float) and value.is_integer()
