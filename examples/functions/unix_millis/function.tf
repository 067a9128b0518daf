terraform {
  required_version = ">= 1.8"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

# 1796086800000
output "start" {
  value = provider::aiccs::unix_millis("2026-12-01T09:00:00+08:00")
}
