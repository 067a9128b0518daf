# 1796086800000
output "start" {
  value = provider::aiccs::unix_millis("2026-12-01T09:00:00+08:00")
}
