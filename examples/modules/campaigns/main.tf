# Campaigns from a YAML file: each key of the file becomes a call task.

locals {
  file = yamldecode(file(var.file))

  # A campaign with what it leaves out. Lists in YAML are tuples here; nothing is converted before it is checked.
  campaigns = {
    for key, campaign in local.file : key => merge(
      { for name, value in var.defaults : name => value if value != null && !(name == "agent" && can(campaign.agent_id)) },
      { name = key },
      { for name, value in campaign : name => value if value != null },
    )
  }
}

# One listing serves all campaigns that name their agent; those that give its id need none.
data "aiccs_agents" "published" {
  count = anytrue([for campaign in local.campaigns : can(campaign.agent)]) ? 1 : 0

  is_available = true
}

locals {
  agents = {
    for key, campaign in local.campaigns : key => can(campaign.agent) ? [
      for agent in data.aiccs_agents.published[0].agents : agent.agent_id if agent.agent_name == campaign.agent
    ] : try([tostring(campaign.agent_id)], [])
  }
}

resource "aiccs_call_task" "this" {
  for_each = local.campaigns

  task_name      = each.value.name
  agent_id       = one(local.agents[each.key])
  virtual_number = each.value.virtual_number
  task_cps       = each.value.concurrency

  start_type      = can(each.value.start) ? "SCHEDULE" : "IMMEDIATE"
  task_start_time = can(each.value.start) ? provider::aiccs::unix_millis(each.value.start) : null

  call_day  = each.value.days
  call_time = provider::aiccs::call_windows(each.value.windows)

  miss_call_retry     = can(each.value.retry_times)
  call_retry_times    = try(each.value.retry_times, null)
  call_retry_interval = try(each.value.retry_interval, null)
  call_retry_reason   = try(each.value.retry_reasons, null)

  desired_status  = try(each.value.status, null)
  deletion_policy = each.value.deletion_policy

  lifecycle {
    # Before anything of the campaign is evaluated: what is wrong is told by the key that stands in the file.
    precondition {
      condition     = length(local.problems[each.key]) == 0
      error_message = join("\n", [for problem in local.problems[each.key] : "${var.file}: ${each.key}: ${problem}"])
    }
  }
}
