import {
  to = aiccs_call_task.reminder
  identity = {
    task_id = "118000000000000001"
  }
}
