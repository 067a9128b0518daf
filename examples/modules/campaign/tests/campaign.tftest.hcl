# Against the emulator only: start it, seed an agent named "care", and set AICCS_ENDPOINT and the keys. The numbers are
# nobody's.

run "without_callees" {
  module {
    source = "./tests/wrapper"
  }

  assert {
    condition     = output.campaign.status == "INIT" && length(output.campaign.windows) == 2
    error_message = "The task was not created as configured."
  }
}

run "with_callees" {
  module {
    source = "./tests/wrapper"
  }

  variables {
    callees_version = 1
    callees = [
      { number = "10000000001", out_id = "a", variables = { name = "A" } },
      { number = "10000000002", out_id = "b" },
    ]
  }

  assert {
    condition     = output.campaign.callees == 2
    error_message = "The callees are not in."
  }
}

run "started" {
  module {
    source = "./tests/wrapper"
  }

  variables {
    status          = "RUNNING"
    callees_version = 1
  }

  assert {
    condition     = output.campaign.status == "RUNNING" && contains(output.campaign.running, "December")
    error_message = "The campaign does not run."
  }

  assert {
    condition     = length(output.campaign.results.done) == 0 && length(output.campaign.voices) > 0
    error_message = "There are results already, or no voices."
  }
}

run "stopped" {
  module {
    source = "./tests/wrapper"
  }

  variables {
    status          = "STOPPED"
    callees_version = 1
  }

  assert {
    condition     = output.campaign.status == "STOPPED" && output.campaign.callees == 2
    error_message = "The campaign runs, or its callees are gone."
  }
}
