variable "file" {
  description = "Path of the YAML file: one key for each campaign. See the table of keys."
  type        = string

  validation {
    condition     = fileexists(var.file)
    error_message = "There is no file ${var.file}."
  }

  # What is no YAML at all is told by yamldecode, with its line.
  validation {
    condition     = !can(yamldecode(file(var.file))) || can({ for key, campaign in yamldecode(file(var.file)) : key => keys(campaign) })
    error_message = "${var.file} must hold one key for each campaign, and below it the keys of the campaign."
  }
}

variable "defaults" {
  description = "What a campaign has when its keys in the file leave it out."
  type = object({
    # Exact name of the published agent that talks, for campaigns without `agent_id`.
    agent = optional(string)
    # Service instance that calls go out from.
    virtual_number = optional(string)
    # Weekdays on which calls are made.
    days = optional(set(string), ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"])
    # Windows of the day in which calls are made.
    windows = optional(string, "09:00-12:00,13:30-18:00")
    # How fast a task dials.
    concurrency = optional(number, 5)
    # What happens when a campaign leaves the file.
    deletion_policy = optional(string, "RETIRE")
  })
  default = {}
}
