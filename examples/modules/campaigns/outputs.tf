output "tasks" {
  description = "The tasks by the keys of the file: id, name, agent, run state, and the start by RFC 3339 (null for as soon as there are callees)."
  value = {
    for key, task in aiccs_call_task.this : key => {
      id       = task.id
      name     = task.task_name
      agent_id = task.agent_id
      status   = task.status
      start    = try(local.campaigns[key].start, null)
    }
  }
}

output "ids" {
  description = "The ids of the tasks by the keys of the file, for `aiccs_callee_batch`."
  value       = { for key, task in aiccs_call_task.this : key => task.id }
}
