# After a change of the task
terraform {
  required_version = ">= 1.14"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

resource "aiccs_call_task" "reminder" {
  task_name      = "Reminder of the week"
  agent_id       = "118000000000000042"
  virtual_number = "0537022000"
  start_type     = "IMMEDIATE"

  call_day  = ["MONDAY"]
  call_time = [{ start_time = "09:00", end_time = "12:00" }]

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.aiccs_call_task_start.reminder]
    }
  }
}

action "aiccs_call_task_start" "reminder" {
  config {
    task_id = aiccs_call_task.reminder.task_id
  }
}
