# The emulator alone: one static program. It listens on the loopback only, so it shares the network of who uses it: the host's,
# or that of a container (`--network container:NAME`) or pod.
#   docker run --network host IMAGE --listen 127.0.0.1:8080 --access-key-id ID --access-key-secret SECRET
FROM scratch
COPY aiccs-emulator LICENSE THIRD_PARTY_NOTICES.md /
ENTRYPOINT ["/aiccs-emulator"]
CMD ["--listen", "127.0.0.1:8080"]
