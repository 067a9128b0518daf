action "aiccs_call_task_start" "reminder" {
  config {
    task_id = "118000000000000001"
  }
}
