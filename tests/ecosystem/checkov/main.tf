variable "endpoint" { type = string }

terraform {
  required_providers {
    aiccs = { source = "aiccs/aiccs" }
  }
}

provider "aiccs" { endpoint = var.endpoint }

locals {
  task = {
    agent_id       = "118000000000000042"
    virtual_number = "0537022000"
    start_type     = "IMMEDIATE"
    call_day       = ["MONDAY"]
    call_time      = [{ start_time = "09:00", end_time = "12:00" }]
  }
}

resource "aiccs_call_task" "careful" {
  task_name       = "careful"
  agent_id        = local.task.agent_id
  virtual_number  = local.task.virtual_number
  start_type      = local.task.start_type
  call_day        = local.task.call_day
  call_time       = local.task.call_time
  task_cps        = 5
  deletion_policy = "PREVENT"
}

resource "aiccs_call_task" "hasty" {
  task_name      = "hasty"
  agent_id       = local.task.agent_id
  virtual_number = local.task.virtual_number
  start_type     = local.task.start_type
  call_day       = local.task.call_day
  call_time      = local.task.call_time
  task_cps       = 400
}

resource "aiccs_callee_batch" "people" {
  task_id            = aiccs_call_task.careful.id
  start_after_import = false
  callees_wo         = [{ number = "13800000000" }]
}
