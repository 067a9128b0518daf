variable "callees" {
  description = "Who is to be called; never stored."
  type = list(object({
    number = string
    out_id = optional(string)
    name   = string
  }))
  ephemeral = true
}

resource "aiccs_callee_batch" "december" {
  task_id = "118000000000000001"
  callees_wo = [
    for callee in var.callees : {
      number    = callee.number
      out_id    = callee.out_id
      variables = { name = callee.name }
    }
  ]
  callees_wo_version = 1
}
