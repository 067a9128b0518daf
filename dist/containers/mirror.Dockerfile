# The provider as a packed filesystem mirror, to be copied into images that run Terraform:
#   COPY --from=IMAGE /mirror /usr/share/terraform/plugins
FROM scratch
COPY mirror /mirror
COPY LICENSE /
