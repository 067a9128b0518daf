action "aiccs_call_tasks_stop" "emergency" {
  config {
    name_regex = "^reminder"
  }
}
