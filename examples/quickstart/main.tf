# One AI outbound-call task. Against the real cloud: leave `endpoint` out, give your own agent and number,
# and set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.

terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

variable "endpoint" {
  description = "Where AICCS is; null for the real cloud."
  type        = string
  default     = null
}

variable "agent_id" {
  description = "Id of a published agent."
  type        = string
  default     = "118000000000000042"
}

variable "virtual_number" {
  description = "Service instance that calls go out from."
  type        = string
  default     = "0537022000"
}

variable "concurrency" {
  description = "Calls at once."
  type        = number
  default     = 5
}

variable "desired_status" {
  description = "RUNNING, STOPPED, or null to leave starting and stopping to others."
  type        = string
  default     = null
}

provider "aiccs" {
  endpoint = var.endpoint
}

resource "aiccs_call_task" "reminder" {
  task_name      = "Appointment reminder 预约提醒"
  agent_id       = var.agent_id
  virtual_number = var.virtual_number
  start_type     = "IMMEDIATE"
  task_cps       = var.concurrency
  desired_status = var.desired_status

  call_day = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
  call_time = [
    { start_time = "09:00", end_time = "12:00" },
    { start_time = "13:30", end_time = "18:00" },
  ]

  miss_call_retry     = true
  call_retry_reason   = ["USER_BUSY", "NO_ANSWER"]
  call_retry_times    = 2
  call_retry_interval = 30
}

output "task_id" {
  value = aiccs_call_task.reminder.id
}

output "status" {
  value = aiccs_call_task.reminder.status
}
