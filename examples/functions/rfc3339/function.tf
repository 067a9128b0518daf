# 2026-12-01T09:00:00+08:00
output "start" {
  value = provider::aiccs::rfc3339(1796086800000, "Asia/Shanghai")
}
