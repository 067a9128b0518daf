#!/usr/bin/env python3
"""A campaign by the official Python SDKs, in both signatures, against an emulator of its own.

    campaign.py EMULATOR      EMULATOR is the program
"""

import sys

from alibabacloud_aiccs20191015.client import Client
from alibabacloud_aiccs20191015 import models
from alibabacloud_dyvmsapi20170525.client import Client as Voice
from alibabacloud_dyvmsapi20170525 import models as voice_models
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_sts20150401 import models as sts_models
from alibabacloud_tea_openapi.utils_models import Config

import emulator
from host import is_

AGENT = "118000000000000042"
NAME = "回访 spring & 50% off"


class Campaign:
    def __init__(self, endpoint, signature, key=(emulator.KEY_ID, emulator.KEY_SECRET, None)):
        self.config = Config(
            access_key_id=key[0],
            access_key_secret=key[1],
            security_token=key[2],
            endpoint=endpoint.removeprefix("http://"),
            protocol="http",
            signature_algorithm=signature,
        )
        self.client = Client(self.config)

    def call(self, operation, **parameters):
        """The body of an answer that must be a success."""
        body = self.send(operation, **parameters)
        if not (body.success and body.code == "OK"):
            sys.exit(f"{operation}({parameters}) was refused: {body.to_map()}")
        return body.data

    def send(self, operation, **parameters):
        camel = "".join(part.capitalize() for part in operation.split("_"))
        request = getattr(models, f"{camel}Request")(**parameters)
        return getattr(self.client, operation)(request).body

    def status(self, task):
        page = self.call("query_ai_call_task_page", task_id=task, page_no=1, page_size=10)
        is_([item.task_id for item in page.list], [task], "the page of one task")
        return page.list[0].status

    def life(self):
        agents = self.call("page_query_agent_list_new", agent_id=AGENT).list
        is_([(a.agent_id, a.agent_name, a.is_available) for a in agents], [(int(AGENT), "Reminder", True)], "the agents")
        is_(self.call("query_ai_voice_agent_detail_new", agent_id=AGENT).agent_id, int(AGENT), "the agent's id")
        if not self.call("list_available_tts"):
            sys.exit("no voices")
        pager = voice_models.ListServiceInstanceForPageRequestPager(page_index=1, page_size=10)
        request = voice_models.ListServiceInstanceForPageRequest(code="0537022000", pager=pager)
        found = Voice(self.config).list_service_instance_for_page(request).body
        is_([i.code for i in found.model.records], ["0537022000"], "the service instances")
        task = str(self.call("create_ai_call_task", **self.wanted(task_cps=5)))
        self.reads_back(task, 5)
        is_(self.status(task), 0, "the status of a new task")
        self.callees(task)
        self.changes(task)
        self.refusals(task)

    def wanted(self, **more):
        return {
            "task_name": NAME,
            "virtual_number": "0537022000",
            "start_type": "IMMEDIATE",
            "miss_call_retry": True,
            "call_retry_times": 2,
            "call_retry_interval": 30,
            "call_retry_reason": ["USER_BUSY", "NO_ANSWER"],
            "call_time": ['{"startTime":"09:00:00","endTime":"12:00:00"}'],
            "call_day": ["MONDAY", "FRIDAY"],
            "agent_id": AGENT,
            **more,
        }

    def reads_back(self, task, cps):
        detail = self.call("query_ai_call_task_detail", task_id=task)
        found = (detail.task_id, detail.task_name, detail.agent_id, detail.caller_number, detail.start_type,
                 detail.concurrent_count, detail.retry_enable, detail.retry_count, detail.retry_interval)
        is_(found, (task, NAME, AGENT, "0537022000", "IMMEDIATE", cps, True, 2, 30), "the task")
        is_(sorted(detail.retry_reasons), ["NO_ANSWER", "USER_BUSY"], "the reasons")
        is_(sorted(detail.call_days), ["FRIDAY", "MONDAY"], "the days")
        is_([(w.start_time, w.end_time) for w in detail.call_times], [("09:00:00", "12:00:00")], "the windows")

    def callees(self, task):
        people = [{"calleeNumber": "13800000000", "outId": "a-1", "name": "王 & 李"},
                  {"calleeNumber": "13800000001", "outId": "a-2", "name": "+1"}]
        batch = self.call("import_task_number_datas", task_id=task, data_type="JSON", phone_number_list=people)
        is_(self.status(task), 1, "the status after an import")
        page = self.call("query_ai_call_detail_page", task_id=task, status=0, batch_id=str(batch), page_size=50)
        is_(page.total, 2, "the number of callees")
        is_(sorted((d.called_number, d.out_id) for d in page.list), [("13800000000", "a-1"), ("13800000001", "a-2")], "the callees")
        first = min(page.list, key=lambda d: d.out_id)
        record = self.call("query_conversation_detail_info_new", task_id=task, detail_id=first.detail_id)
        is_((record.detail_id, record.out_id), (first.detail_id, "a-1"), "the record of a call")
        gone = self.call("cancel_ai_call_details", task_id=task, detail_id_list=[first.detail_id])
        is_((gone.result_code, gone.succeed_count), ("ALL_SUCCEED", 1), "what was cancelled")
        left = self.call("query_ai_call_detail_page", task_id=task, status=0).list
        is_([d.out_id for d in left], ["a-2"], "the callees that are left")

    def changes(self, task):
        is_(self.call("stop_ai_call_task", task_id=task), True, "the stop")
        is_(self.status(task), 2, "the status after a stop")
        wanted = self.wanted(task_cps=57)
        del wanted["agent_id"]
        is_(self.call("update_ai_call_task", task_id=task, **wanted), True, "the update")
        self.reads_back(task, 57)
        is_(self.call("start_ai_call_task", task_id=task), True, "the start")
        one = self.call("import_one_task_phone_number", task_id=int(task), phone_number="13800000002", out_id="a-3")
        found = self.call("query_ai_call_detail_page", task_id=task, status=0, detail_ids=[one.detail_id]).list
        is_([(d.called_number, d.out_id) for d in found], [("13800000002", "a-3")], "the callee imported alone")
        is_(self.status(task), 1, "the status at the end")

    def refusals(self, task):
        # A refusal of the service is an answer; the SDK raises what the gateway refuses.
        again = self.send("create_ai_call_task", **self.wanted())
        is_((again.success, again.code == "OK"), (False, False), "a second task of that name")
        running = self.send("update_ai_call_task", task_id=task, task_cps=1, task_name=NAME, start_type="IMMEDIATE",
                            call_time=self.wanted()["call_time"], call_day=["MONDAY"])
        is_(running.success, False, "the update of a running task")
        wrong = Campaign(f"http://{self.config.endpoint}", self.config.signature_algorithm, (emulator.KEY_ID, "wrong", None))
        is_(refused(lambda: wrong.send("query_ai_call_task_page")), "SignatureDoesNotMatch", "a wrong secret")
        unknown = Campaign(f"http://{self.config.endpoint}", self.config.signature_algorithm, ("nobody", "wrong", None))
        is_(refused(lambda: unknown.send("query_ai_call_task_page")), "InvalidAccessKeyId.NotFound", "an unknown key")
        is_(refused(lambda: self.send("query_ai_call_task_detail")), "MissingTaskId", "a parameter that is missing")


def refused(call):
    try:
        call()
    except Exception as error:  # the SDK's own classes, which differ between its versions
        return getattr(error, "code", repr(error))
    return "nothing"


def temporary(endpoint):
    """Credentials of a role, by the SDK of STS."""
    sts = Sts(Config(access_key_id=emulator.KEY_ID, access_key_secret=emulator.KEY_SECRET, protocol="http",
                     endpoint=endpoint.removeprefix("http://")))
    request = sts_models.AssumeRoleRequest(role_arn="acs:ram::1234567890123456:role/caller", role_session_name="ecosystem")
    found = sts.assume_role(request).body.credentials
    return found.access_key_id, found.access_key_secret, found.security_token


def main():
    # Unset means the SDK's default, ACS3-HMAC-SHA256; "v2" is the RPC signature.
    for signature in (None, "v2"):
        for with_role in (False, True):
            with emulator.started(sys.argv[1], f"{AGENT}=Reminder") as endpoint:
                key = temporary(endpoint) if with_role else (emulator.KEY_ID, emulator.KEY_SECRET, None)
                Campaign(endpoint, signature, key).life()
                calls = emulator.journal(endpoint)
                print(f"{signature or 'default'}, {'a role' if with_role else 'a key'}: {len(calls)} calls, as they should be")


if __name__ == "__main__":
    main()
