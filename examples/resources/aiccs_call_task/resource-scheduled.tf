# A task that starts at its time
terraform {
  required_version = ">= 1.8"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

resource "aiccs_call_task" "anniversary" {
  task_name       = "Anniversary 店庆回访"
  agent_id        = "118000000000000042"
  virtual_number  = "0537022000"
  start_type      = "SCHEDULE"
  task_start_time = provider::aiccs::unix_millis("2036-12-12T09:00:00+08:00")

  call_day  = ["SATURDAY", "SUNDAY"]
  call_time = provider::aiccs::call_windows("10:00-12:00,14:00-17:30")

  # The service may refuse to stop a task that waits for its time; ABANDON would leave it to start.
  deletion_policy = "RETIRE"
}
