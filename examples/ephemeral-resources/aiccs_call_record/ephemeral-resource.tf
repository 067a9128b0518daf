terraform {
  required_version = ">= 1.10"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

variable "detail_id" {
  description = "Id of a call detail, as the data source aiccs_call_details lists it."
  type        = string
  default     = "125000000000000001"
}

ephemeral "aiccs_call_record" "last" {
  task_id   = "118000000000000001"
  detail_id = var.detail_id

  lifecycle {
    postcondition {
      condition     = self.duration < 600
      error_message = "The call took more than ten minutes: listen to the recording."
    }
  }
}
