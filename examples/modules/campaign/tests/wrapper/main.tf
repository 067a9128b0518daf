# Tests cannot give ephemeral variables; a module that calls this one can.

terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

variable "callees" {
  type = list(object({
    number    = string
    out_id    = optional(string)
    variables = optional(map(string))
  }))
  default = []
}

variable "callees_version" {
  type    = number
  default = null
}

variable "start" {
  type    = string
  default = null
}

variable "status" {
  type    = string
  default = null
}

module "campaign" {
  source = "../.."

  name            = "December"
  agent_name      = "care"
  virtual_number  = "0537022000"
  start           = var.start
  status          = var.status
  callees         = var.callees
  callees_version = var.callees_version
}

output "campaign" {
  value = module.campaign
}
