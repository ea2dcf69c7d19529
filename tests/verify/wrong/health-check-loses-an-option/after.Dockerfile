FROM debian:bookworm
HEALTHCHECK --interval=5m \
    CMD test -e /srv
