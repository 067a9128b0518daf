# What is wrong with a campaign, as sentences that begin with the key of the file.

locals {
  keys = [
    "name", "agent", "agent_id", "virtual_number", "days", "windows", "start", "concurrency",
    "retry_times", "retry_interval", "retry_reasons", "status", "deletion_policy",
  ]
  weekdays = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
  reasons = [
    "CALL_REJECTED", "USER_BUSY", "SUSPEND", "INVALID_NUMBER", "POWERED_OFF", "NETWORK_BUSY", "NO_ANSWER",
  ]

  # Keys whose value is text. YAML takes 0537022000 without quotes for a number, and an octal one.
  texts = ["name", "agent", "agent_id", "virtual_number"]

  # Keys whose value is a whole number, with its bounds.
  numbers = {
    concurrency    = [1, 500]
    retry_times    = [1, 3]
    retry_interval = [1, 720]
  }

  # Keys whose value is a list of words, or one word.
  words = {
    days            = local.weekdays
    retry_reasons   = local.reasons
    status          = ["RUNNING", "STOPPED"]
    deletion_policy = ["STOP", "RETIRE", "ABANDON", "PREVENT"]
  }

  problems = {
    for key, campaign in local.campaigns : key => concat(
      [
        for name in setsubtract(keys(local.file[key]), local.keys) :
        "${name}: no key of a campaign; these are: ${join(", ", local.keys)}."
      ],
      [
        for name in ["virtual_number"] :
        "${name}: missing; give it here, or for all campaigns in `defaults`." if !can(campaign[name])
      ],
      [
        for name in local.texts :
        "${name}: must be text; put it in quotes." if can(campaign[name]) && !startswith(jsonencode(try(campaign[name], "")), "\"")
      ],
      [
        for name, bounds in local.numbers :
        "${name}: must be a whole number from ${bounds[0]} to ${bounds[1]}." if can(campaign[name]) && !try(
          floor(campaign[name]) == campaign[name] && campaign[name] >= bounds[0] && campaign[name] <= bounds[1], false
        )
      ],
      flatten([
        for name, words in local.words : can(campaign[name]) ? [
          for word in setsubtract(try(toset(campaign[name]), toset([tostring(campaign[name])]), [jsonencode(campaign[name])]), words) :
          "${name}: ${word} is none of ${join(", ", words)}."
        ] : []
      ]),
      [
        for name in ["windows"] :
        "${name}: must be windows such as 09:00-12:00,13:30-18:00, each with its start before its end." if !can(provider::aiccs::call_windows(campaign[name]))
      ],
      [
        for name in ["start"] :
        "${name}: must be date and time with their zone, such as \"2026-12-01T09:00:00+08:00\"." if can(campaign[name]) && !can(provider::aiccs::unix_millis(campaign[name]))
      ],
      [
        for name in ["retry_interval", "retry_reasons"] :
        "${name}: counts only together with retry_times." if can(campaign[name]) && !can(campaign.retry_times)
      ],
      [
        for other, it in local.campaigns :
        "name: ${other} has the same name; names are unique within the account." if other != key && try(it.name == campaign.name, false)
      ],
      can(campaign.agent) && can(campaign.agent_id) ? ["agent_id: give it or agent, not both."] : [],
      can(campaign.agent) || can(campaign.agent_id) ? [] : ["agent: missing; give the name of a published agent here, or agent_id."],
      can(campaign.agent) && length(local.agents[key]) == 0 ? ["agent: no published agent is named ${try(tostring(campaign.agent), "so")}."] : [],
      can(campaign.agent) && length(local.agents[key]) > 1 ? ["agent: ${length(local.agents[key])} agents are named so; give agent_id instead."] : [],
    )
  }
}
