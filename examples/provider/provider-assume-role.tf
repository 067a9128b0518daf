# A RAM role
terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

provider "aiccs" {
  region = "cn-hangzhou" # of the STS endpoint

  assume_role {
    role_arn           = "acs:ram::1234567890123456:role/aiccs-terraform"
    session_name       = "terraform"
    session_expiration = 3600
  }
}
