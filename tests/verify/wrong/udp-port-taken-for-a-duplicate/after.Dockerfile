FROM debian:bookworm
EXPOSE 53/tcp
