# Outcomes, counted
terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

data "aiccs_call_details" "reminder" {
  for_each = { done = 1, failed = 2 }

  task_id = "118000000000000001"
  status  = each.value
}

output "outcomes" {
  value = {
    for kind, found in data.aiccs_call_details.reminder : kind => {
      for result in distinct([for detail in found.details : coalesce(detail.call_result, "none")]) :
      result => length([for detail in found.details : detail if coalesce(detail.call_result, "none") == result])
    }
  }
}
