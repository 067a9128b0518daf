# Without any service: what the module makes of its variables.

mock_provider "aiccs" {
  mock_data "aiccs_agents" {
    defaults = {
      ids   = ["118000000000000041", "118000000000000042"]
      names = ["after-care", "care"]
    }
  }
  mock_resource "aiccs_call_task" {
    defaults = {
      create_time = 1796086800000
    }
  }
}

run "scheduled" {
  module {
    source = "./tests/wrapper"
  }

  variables {
    start = "2026-12-01T09:00:00+08:00"
  }

  assert {
    condition     = output.campaign.start_time == 1796086800000
    error_message = "The start is not the given one."
  }

  assert {
    condition     = output.campaign.agent_id == "118000000000000042"
    error_message = "The agent is not the one found."
  }
}
