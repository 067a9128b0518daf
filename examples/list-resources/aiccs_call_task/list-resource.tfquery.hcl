list "aiccs_call_task" "appointments" {
  provider = aiccs
  limit    = 500

  config {
    name_regex = "^Appointment"
    source     = 0
  }
}
