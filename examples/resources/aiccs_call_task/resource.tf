terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

resource "aiccs_call_task" "reminder" {
  task_name      = "Appointment reminder"
  agent_id       = "118000000000000042"
  virtual_number = "0537022000"
  start_type     = "IMMEDIATE"
  task_cps       = 5

  call_day = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
  call_time = [
    { start_time = "09:00", end_time = "12:00" },
    { start_time = "13:30", end_time = "18:00" },
  ]

  miss_call_retry     = true
  call_retry_reason   = ["USER_BUSY", "NO_ANSWER"]
  call_retry_times    = 2
  call_retry_interval = 30

  deletion_policy = "RETIRE"
}
