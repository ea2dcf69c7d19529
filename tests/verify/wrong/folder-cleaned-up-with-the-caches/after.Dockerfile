FROM debian:bookworm
RUN mkdir -p /usr/src/app/data && rm -rf /usr/src/app
