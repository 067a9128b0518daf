terraform {
  required_version = ">= 1.8"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

# [{ start_time = "09:00:00", end_time = "12:00:00" }, { start_time = "13:30:00", end_time = "18:00:00" }]
output "windows" {
  value = provider::aiccs::call_windows("09:00-12:00,13:30-18:00")
}
