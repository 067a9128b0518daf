terraform {
  required_version = ">= 1.14"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

variable "number" {
  description = "Who is to be called; never stored."
  type        = string
  ephemeral   = true
}

action "aiccs_import_callee" "late_riser" {
  config {
    task_id   = "118000000000000001"
    number    = var.number
    out_id    = "customer-4711"
    variables = { name = "Wang" }
  }
}
