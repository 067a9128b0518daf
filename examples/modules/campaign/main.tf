# A whole campaign: the agent by its name, the task, the callees, and how it goes.

data "aiccs_agents" "this" {
  agent_name   = var.agent_name
  name_regex   = "^${var.agent_name}$"
  is_available = true
}

resource "aiccs_call_task" "this" {
  task_name      = var.name
  agent_id       = data.aiccs_agents.this.ids[0]
  virtual_number = var.virtual_number
  task_cps       = var.concurrency

  start_type      = var.start == null ? "IMMEDIATE" : "SCHEDULE"
  task_start_time = var.start == null ? null : provider::aiccs::unix_millis(var.start)

  call_day  = var.days
  call_time = provider::aiccs::call_windows(var.windows)

  deletion_policy = "RETIRE"

  lifecycle {
    precondition {
      condition     = length(data.aiccs_agents.this.ids) == 1
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

data "aiccs_call_task" "this" {
  task_id    = aiccs_call_task.this.id
  depends_on = [aiccs_callee_batch.this]
}
