terraform {
  required_version = ">= 1.14"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

variable "callees" {
  description = "Who is to be called; never stored."
  type = list(object({
    number = string
    out_id = optional(string)
    name   = string
  }))
  ephemeral = true
}

action "aiccs_import_callees" "december" {
  config {
    task_id = "118000000000000001"
    callees_wo = [
      for callee in var.callees : {
        number    = callee.number
        out_id    = callee.out_id
        variables = { name = callee.name }
      }
    ]
    start_after_import = true
  }
}
