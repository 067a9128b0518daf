# A whole campaign: the agent by its name, the task, the callees, and how it goes.

data "aiccs_agents" "this" {
  agent_name   = var.agent_name
  is_available = true
}

locals {
  # The service finds names that contain this one, too.
  found  = data.aiccs_agents.this
  agents = [for index, name in local.found.names : local.found.ids[index] if name == var.agent_name]
}

resource "aiccs_call_task" "this" {
  task_name      = var.name
  agent_id       = one(local.agents)
  virtual_number = var.virtual_number
  task_cps       = var.concurrency

  start_type      = var.start == null ? "IMMEDIATE" : "SCHEDULE"
  task_start_time = var.start == null ? null : provider::aiccs::unix_millis(var.start)

  call_day  = var.days
  call_time = provider::aiccs::call_windows(var.windows)

  desired_status  = var.status
  deletion_policy = "RETIRE"

  lifecycle {
    precondition {
      condition     = length(local.agents) == 1
      error_message = "There must be exactly one published agent named ${var.agent_name}."
    }
  }
}

resource "aiccs_callee_batch" "this" {
  count = var.callees_version == null ? 0 : 1

  task_id            = aiccs_call_task.this.id
  callees_wo         = var.callees
  callees_wo_version = var.callees_version
}

# How it goes, after this apply.

data "aiccs_call_task" "this" {
  task_id    = aiccs_call_task.this.id
  depends_on = [aiccs_call_task.this, aiccs_callee_batch.this]
}

data "aiccs_call_details" "this" {
  for_each = { done = 1, failed = 2 }

  task_id    = aiccs_call_task.this.id
  status     = each.value
  depends_on = [aiccs_callee_batch.this]
}

# What else there is in the account: who dials meanwhile, and voices for those who make the agents.

data "aiccs_call_tasks" "running" {
  status     = "RUNNING"
  depends_on = [aiccs_call_task.this, aiccs_callee_batch.this]
}

data "aiccs_voices" "this" {}
