# The emulator alone: one static program.
#   docker run -p 8080:8080 IMAGE --listen 0.0.0.0:8080 --access-key-id ID --access-key-secret SECRET
FROM scratch
COPY aiccs-emulator LICENSE THIRD_PARTY_NOTICES.md /
ENTRYPOINT ["/aiccs-emulator"]
CMD ["--listen", "0.0.0.0:8080"]
