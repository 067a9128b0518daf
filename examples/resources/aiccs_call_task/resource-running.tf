# A task that is kept running
terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

resource "aiccs_call_task" "hotline" {
  task_name      = "Hotline 回拨"
  agent_id       = "118000000000000042"
  virtual_number = "0537022000"
  start_type     = "IMMEDIATE"
  task_cps       = 10

  call_day  = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
  call_time = [{ start_time = "09:00", end_time = "18:00" }]

  # Started with this apply, and again by each one that finds it stopped. A change that would need a stop is an error.
  desired_status            = "RUNNING"
  allow_stopping_for_update = false

  timeouts {
    create = "5m"
  }
}
