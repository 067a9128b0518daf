# What an apply may do to people at most
terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

provider "aiccs" {
  # More callees than this are an error before the first call, and so is every start.
  max_callees_per_apply = 500
  deny_starts           = true

  # Credentials of any other account are an error, too.
  allowed_account_ids = ["1234567890123456"]
}
