import {
  to = aiccs_call_task.reminder
  id = "118000000000000001"
}
