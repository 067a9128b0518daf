terraform {
  required_version = ">= 1.14"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

action "aiccs_call_tasks_stop" "emergency" {
  config {
    name_regex = "^reminder"
  }
}
