terraform {
  required_version = ">= 1.8"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

# 2026-12-01T09:00:00+08:00
output "start" {
  value = provider::aiccs::rfc3339(1796086800000, "Asia/Shanghai")
}
