FROM debian:bookworm
COPY --chmod=755 <<'START' /usr/local/bin/start
#!/bin/sh\nexec sleep 60\n
START
CMD ["start"]
