// A campaign in TypeScript, with the bindings that cdktf generates from the provider's schema. The compiler checks that
// they hold every argument, the emulator that what is synthesized applies.
import { App, Fn, TerraformOutput, TerraformStack, TerraformVariable } from "cdktf";
import { CallTask, CallTaskConfig } from "./.gen/providers/aiccs/call-task";
import { CalleeBatch } from "./.gen/providers/aiccs/callee-batch";
import { DataAiccsAgent } from "./.gen/providers/aiccs/data-aiccs-agent";
import { DataAiccsCallDetails } from "./.gen/providers/aiccs/data-aiccs-call-details";
import { DataAiccsCallTasks } from "./.gen/providers/aiccs/data-aiccs-call-tasks";
import { DataAiccsVoices } from "./.gen/providers/aiccs/data-aiccs-voices";
import { AiccsProvider } from "./.gen/providers/aiccs/provider";

const app = new App({ outdir: "cdktf.out" });
const stack = new TerraformStack(app, "campaign");
const endpoint = new TerraformVariable(stack, "endpoint", { type: "string" });
new AiccsProvider(stack, "aiccs", { endpoint: endpoint.stringValue, maxCalleesPerApply: 10 });

const agent = new DataAiccsAgent(stack, "agent", { agentName: "Reminder" });
new DataAiccsVoices(stack, "voices", {});

// An id is text: as a number of JavaScript it would lose its last digits.
const agentId: string = agent.agentId;
const settings: CallTaskConfig = {
  taskName: "by cdktf",
  agentId,
  virtualNumber: "0537022000",
  startType: "IMMEDIATE",
  taskCps: 5,
  missCallRetry: true,
  callRetryTimes: 2,
  callRetryInterval: 30,
  callRetryReason: ["USER_BUSY", "NO_ANSWER"],
  callDay: ["MONDAY", "FRIDAY"],
  callTime: [
    { startTime: "09:00", endTime: "12:00" },
    { startTime: "13:30", endTime: "18:00" },
  ],
  deletionPolicy: "STOP",
  timeouts: { create: "2m" },
};
const task = new CallTask(stack, "task", settings);
const batch = new CalleeBatch(stack, "callees", {
  taskId: task.id,
  startAfterImport: false,
  calleesWo: [
    { number: "13800000000", outId: "a-1" },
    { number: "13800000001", outId: "a-2", variables: { name: "Li" } },
  ],
});
const details = new DataAiccsCallDetails(stack, "details", { taskId: task.id, status: 0, dependsOn: [batch] });
const tasks = new DataAiccsCallTasks(stack, "tasks", { dependsOn: [task] });

new TerraformOutput(stack, "task_id", { value: task.taskId });
new TerraformOutput(stack, "agent_id", { value: task.agentId });
new TerraformOutput(stack, "windows", { value: Fn.lengthOf(task.callTime) });
new TerraformOutput(stack, "found", { value: Fn.lengthOf(details.details) });
new TerraformOutput(stack, "first_callee", { value: details.details.get(0).calledNumber });
new TerraformOutput(stack, "in_account", { value: Fn.lengthOf(tasks.tasks) });
app.synth();
