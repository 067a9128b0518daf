output "task_id" {
  description = "Id of the task."
  value       = aiccs_call_task.this.id
}

output "created" {
  description = "When the task was created, by RFC 3339."
  value       = provider::aiccs::rfc3339(aiccs_call_task.this.create_time, "+08:00")
}

output "callees" {
  description = "How many callees the task has."
  value       = data.aiccs_call_task.this.total_count
}

output "complete_rate" {
  description = "Share of callees that are done, in percent."
  value       = data.aiccs_call_task.this.complete_rate
}

output "agent_id" {
  description = "Id of the agent that talks."
  value       = aiccs_call_task.this.agent_id
}

output "status" {
  description = "Run state of the task."
  value       = aiccs_call_task.this.status
}

output "start_time" {
  description = "When the task starts, Unix time in milliseconds; null for as soon as there are callees."
  value       = aiccs_call_task.this.task_start_time
}

output "windows" {
  description = "Windows of the day in which calls are made."
  value       = aiccs_call_task.this.call_time
}
