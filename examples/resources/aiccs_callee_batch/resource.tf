terraform {
  required_version = ">= 1.11"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

variable "callees" {
  description = "Who is to be called; never stored."
  type = list(object({
    number = string
    out_id = optional(string)
    name   = string
  }))
  ephemeral = true
}

resource "aiccs_call_task" "reminder" {
  task_name      = "Appointment reminder"
  agent_id       = "118000000000000042"
  virtual_number = "0537022000"
  start_type     = "IMMEDIATE"

  call_day  = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
  call_time = [{ start_time = "09:00", end_time = "12:00" }]
}

resource "aiccs_callee_batch" "december" {
  task_id = aiccs_call_task.reminder.id
  callees_wo = [
    for callee in var.callees : {
      number    = callee.number
      out_id    = callee.out_id
      variables = { name = callee.name }
    }
  ]
  callees_wo_version = 1
}
