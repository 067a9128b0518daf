terraform {
  required_version = ">= 1.14"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

action "aiccs_call_task_stop" "reminder" {
  config {
    task_id = "118000000000000001"

    timeouts {
      invoke = "5m"
    }
  }
}
