# From a CSV, and held until somebody starts the task
terraform {
  required_version = ">= 1.11"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

# TF_VAR_callees=$(cat callees.csv) terraform apply
variable "callees" {
  description = "CSV with a header: number, out_id, and the variables that the agent needs."
  type        = string
  ephemeral   = true
}

data "aiccs_call_task" "reminder" {
  task_name = "Appointment reminder"
}

resource "aiccs_callee_batch" "december" {
  task_id            = data.aiccs_call_task.reminder.id
  callees_wo         = provider::aiccs::callees(var.callees)
  callees_wo_version = 1
  start_after_import = false
  skip_called        = true
}
