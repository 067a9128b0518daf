# Without any service: what the module makes of the file.

mock_provider "aiccs" {
  mock_data "aiccs_agents" {
    defaults = {
      agents = [
        { agent_id = "118000000000000041", agent_name = "预约助手" },
        { agent_id = "118000000000000042", agent_name = "回访助手" },
      ]
    }
  }
}

run "from_the_file" {
  variables {
    file = "tests/campaigns.yaml"
  }

  assert {
    condition     = aiccs_call_task.this["预约提醒"].agent_id == "118000000000000041"
    error_message = "The agent is not the one that has the name."
  }

  assert {
    condition     = aiccs_call_task.this["预约提醒"].start_type == "IMMEDIATE" && length(aiccs_call_task.this["预约提醒"].call_time) == 2
    error_message = "What the file leaves out is not the default."
  }

  assert {
    condition     = aiccs_call_task.this["双十二回访"].task_start_time == 2112656400000
    error_message = "The start is not the instant of the file."
  }
}

run "with_mistakes" {
  command = plan

  variables {
    file = "tests/mistakes.yaml"
  }

  expect_failures = [aiccs_call_task.this]
}

run "without_a_file" {
  command = plan

  variables {
    file = "tests/no-such.yaml"
  }

  expect_failures = [var.file]
}
