terraform {
  required_providers {
    aiccs = {
      source = "aiccs/aiccs"
    }
  }
}

data "aiccs_voices" "own" {
  voice_type = "COSYCLONE"
}

output "codes" {
  value = data.aiccs_voices.own.voices[*].tts_voice_code
}
