terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

data "aiccs_call_tasks" "running" {
  status     = "RUNNING"
  name_regex = "^Appointment"
}

output "names" {
  value = data.aiccs_call_tasks.running.names
}
