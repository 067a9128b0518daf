variable "name" {
  description = "Name of the campaign, unique within the account."
  type        = string
}

variable "agent_name" {
  description = "Exact name of the published agent that talks."
  type        = string
}

variable "virtual_number" {
  description = "Service instance that calls go out from."
  type        = string
}

variable "windows" {
  description = "Windows of the day in which calls are made, such as 09:00-12:00,13:30-18:00."
  type        = string
  default     = "09:00-12:00,13:30-18:00"
}

variable "days" {
  description = "Weekdays on which calls are made."
  type        = set(string)
  default     = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
}

variable "start" {
  description = "When the campaign starts, by RFC 3339; null for as soon as there are callees."
  type        = string
  default     = null
}

variable "status" {
  description = "RUNNING or STOPPED to keep the campaign so; null to leave that to others."
  type        = string
  default     = null
}

variable "concurrency" {
  description = "How fast the campaign dials."
  type        = number
  default     = 5
}

variable "callees" {
  description = "Who is to be called; never stored."
  type = list(object({
    # Telephone number, as digits.
    number = string
    # Your own id of the callee.
    out_id = optional(string)
    # Call variables that the agent needs.
    variables = optional(map(string))
  }))
  ephemeral = true
  default   = []
}

variable "callees_version" {
  description = "Version of the callees; null for none. Another one replaces those not called yet."
  type        = number
  default     = null
}
