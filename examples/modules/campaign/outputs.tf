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
  value       = data.aiccs_call_task.this.status
}

output "start_time" {
  description = "When the task starts, Unix time in milliseconds; null for as soon as there are callees."
  value       = aiccs_call_task.this.task_start_time
}

output "windows" {
  description = "Windows of the day in which calls are made."
  value       = aiccs_call_task.this.call_time
}

output "results" {
  description = "What became of the calls, without numbers: out_id, outcome and main intent of those done and those failed."
  value = {
    for kind, found in data.aiccs_call_details.this : kind => nonsensitive([
      for detail in found.details : {
        out_id = detail.out_id
        result = detail.call_result
        reason = detail.failed_reason
        intent = detail.major_intent
      }
    ])
  }
}

output "running" {
  description = "Names of all campaigns of the account that dial now."
  value       = data.aiccs_call_tasks.running.names
}

output "voices" {
  description = "Codes of the voices that agents can speak with."
  value       = [for voice in data.aiccs_voices.this.voices : voice.tts_voice_code]
}
