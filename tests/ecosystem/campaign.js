// A campaign by @alicloud/pop-core, with parameters in the query and in the body, against an emulator of its own.
//
//     node campaign.js EMULATOR      EMULATOR is the program
"use strict";
const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const { createInterface } = require("node:readline");
const { RPCClient } = require("@alicloud/pop-core");

const [accessKeyId, accessKeySecret] = ["ecosystem-key-id", "ecosystem-key-secret"];
const [agent, name] = ["118000000000000042", "回访 spring & 50% off"];

// Lists travel as JSON texts, the windows of the day as JSON texts within one.
const wanted = (cps) => ({
  TaskName: name,
  VirtualNumber: "0537022000",
  StartType: "IMMEDIATE",
  MissCallRetry: false,
  CallDay: JSON.stringify(["MONDAY", "SUNDAY"]),
  CallTime: JSON.stringify([JSON.stringify({ startTime: "09:00:00", endTime: "12:00:00" })]),
  TaskCps: cps,
});

async function campaign(endpoint, method) {
  const made = (more) => new RPCClient({ endpoint, apiVersion: "2019-10-15", accessKeyId, accessKeySecret, ...more });
  const client = made();
  const call = async (action, parameters) => {
    // The callees travel in the body, always.
    const by = action === "ImportTaskNumberDatas" ? "POST" : method;
    const answer = await client.request(action, parameters, { method: by });
    assert.equal(answer.Code, "OK", `${action}: ${JSON.stringify(answer)}`);
    assert.equal(answer.Success, true, action);
    return answer.Data;
  };
  const status = async (TaskId) => {
    const { List } = await call("QueryAiCallTaskPage", { TaskId, PageNo: 1, PageSize: 10 });
    assert.deepEqual(List.map((item) => item.TaskId), [TaskId]);
    return List[0].Status;
  };
  const readsBack = async (TaskId, cps) => {
    const task = await call("QueryAiCallTaskDetail", { TaskId });
    assert.equal(task.TaskName, name);
    assert.equal(task.AgentId, agent);
    assert.equal(task.ConcurrentCount, cps);
    assert.deepEqual([...task.CallDays].sort(), ["MONDAY", "SUNDAY"]);
    assert.deepEqual(task.CallTimes.map((w) => [w.StartTime, w.EndTime]), [["09:00:00", "12:00:00"]]);
  };

  // An id is a number above 2^53: pop-core reads it without loss.
  const task = String(await call("CreateAiCallTask", { ...wanted(5), AgentId: agent }));
  assert.match(task, /^\d{18}$/);
  await readsBack(task, 5);
  assert.equal(await status(task), 0);

  const people = [{ calleeNumber: "13800000000", outId: "a-1" }, { calleeNumber: "13800000001", outId: "a-2", name: "王 & 李" }];
  const batch = String(
    await call("ImportTaskNumberDatas", { TaskId: task, DataType: "JSON", PhoneNumberList: JSON.stringify(people) }),
  );
  assert.equal(await status(task), 1, "an import starts the task");
  const details = await call("QueryAiCallDetailPage", { TaskId: task, Status: 0, BatchId: batch });
  assert.deepEqual(details.List.map((d) => [d.CalledNumber, d.OutId]).sort(), people.map((p) => [p.calleeNumber, p.outId]));

  // pop-core makes an error of an answer whose code is not OK.
  const refused = client.request("UpdateAiCallTask", { ...wanted(6), TaskId: task }, { method });
  await assert.rejects(refused, (error) => error.data.Success === false, "the update of a running task");
  assert.equal(await call("StopAiCallTask", { TaskId: task }), true);
  assert.equal(await status(task), 2);
  assert.equal(await call("UpdateAiCallTask", { ...wanted(57), TaskId: task }), true);
  await readsBack(task, 57);
  assert.equal(await call("StartAiCallTask", { TaskId: task }), true);
  assert.equal(await status(task), 1);
  assert.equal(await call("StopAiCallTask", { TaskId: task }), true);
  // The name is free for the next one.
  await call("UpdateAiCallTask", { ...wanted(57), TaskId: task, TaskName: `${name} ${task}` });

  const wrong = made({ accessKeySecret: "wrong" });
  await assert.rejects(wrong.request("QueryAiCallTaskPage", {}, { method }), { code: "SignatureDoesNotMatch" });
  console.log(`${method}: as it should be`);
}

async function main() {
  const key = ["--access-key-id", accessKeyId, "--access-key-secret", accessKeySecret];
  const flags = ["--listen", "127.0.0.1:0", ...key, "--agent", `${agent}=Reminder`];
  const emulator = spawn(process.argv[2], flags, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const lines = createInterface({ input: emulator.stdout })[Symbol.asyncIterator]();
    const endpoint = (await lines.next()).value.split("listening on ")[1].trim();
    await campaign(endpoint, "GET");
    await campaign(endpoint, "POST");
  } finally {
    emulator.kill();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
