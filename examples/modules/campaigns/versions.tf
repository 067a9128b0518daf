terraform {
  # Functions of providers.
  required_version = ">= 1.8"

  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}
