terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

variable "virtual_number" {
  description = "The number to call from."
  type        = string
  default     = "0537022000"
}

data "aiccs_service_instances" "all" {
}

resource "aiccs_call_task" "reminder" {
  task_name      = "Appointment reminder"
  agent_id       = "118000000000000042"
  virtual_number = var.virtual_number
  start_type     = "IMMEDIATE"
  call_day       = ["MONDAY"]

  call_time = [
    {
      start_time = "09:00"
      end_time   = "12:00"
    }
  ]

  lifecycle {
    precondition {
      condition     = contains(data.aiccs_service_instances.all.codes, var.virtual_number)
      error_message = "No service instance has this number."
    }
  }
}
