terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

# Credentials come from the environment or from ~/.aliyun/config.json.
provider "aiccs" {
  requests_per_second = 10
}
