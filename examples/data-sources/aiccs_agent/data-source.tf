terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

data "aiccs_agent" "reminder" {
  agent_name = "Appointment reminder"
}

output "required_variables" {
  value = [for variable in data.aiccs_agent.reminder.variables : variable.name if variable.required]
}
