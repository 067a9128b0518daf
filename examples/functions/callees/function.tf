terraform {
  required_version = ">= 1.11"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

# TF_VAR_callees=$(cat callees.csv) terraform apply
#
#   手机号,外部编号,name
#   138 0000 1111,order-1,王小明
variable "callees" {
  type      = string
  ephemeral = true
}

resource "aiccs_callee_batch" "december" {
  task_id            = "118000000000000001"
  callees_wo         = provider::aiccs::callees(var.callees)
  callees_wo_version = 1
}
