# Against the emulator: start it, seed an agent named "care", and set ALIBABA_CLOUD_ENDPOINT_AICCS and the keys.

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
      { number = "13800000001", out_id = "a", variables = { name = "A" } },
      { number = "13800000002", out_id = "b" },
    ]
  }

  assert {
    condition     = output.campaign.callees == 2
    error_message = "The callees are not in."
  }
}
