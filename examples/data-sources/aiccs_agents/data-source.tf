terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

data "aiccs_agents" "published" {
  name_regex   = "^Appointment"
  is_available = true
}

output "agent_ids" {
  value = data.aiccs_agents.published.ids
}
