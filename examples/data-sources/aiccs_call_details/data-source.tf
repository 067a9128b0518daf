terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

data "aiccs_call_details" "done" {
  task_id = "118000000000000001"
  status  = 1
}

output "answered" {
  value = length([for d in data.aiccs_call_details.done.details : d if d.conversation_duration > 0])
}
