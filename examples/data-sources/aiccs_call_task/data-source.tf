terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

data "aiccs_call_task" "reminder" {
  task_name = "Appointment reminder"
}

output "complete_rate" {
  value = data.aiccs_call_task.reminder.complete_rate
}
