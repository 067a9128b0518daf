# Against the emulator only: start it, seed agents named 预约助手 and 回访助手, and set AICCS_ENDPOINT and the keys.

variables {
  file = "tests/campaigns.yaml"
}

run "created" {
  assert {
    condition     = output.tasks["预约提醒"].name == "预约提醒" && output.tasks["双十二回访"].name == "双十二回访 2026"
    error_message = "A task is not named as the file says."
  }

  assert {
    condition     = alltrue([for task in output.tasks : task.status == "INIT"])
    error_message = "A task started by itself."
  }

  assert {
    condition     = output.ids["双十二回访"] == aiccs_call_task.this["双十二回访"].task_id
    error_message = "The ids are not those of the tasks."
  }
}

run "changed" {
  variables {
    defaults = { concurrency = 7 }
  }

  assert {
    condition     = aiccs_call_task.this["预约提醒"].task_cps == 7 && aiccs_call_task.this["双十二回访"].task_cps == 20
    error_message = "The defaults are not for what the file leaves out, and for that alone."
  }
}
