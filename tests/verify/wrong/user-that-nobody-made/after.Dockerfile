FROM debian:bookworm
USER app
RUN touch /srv/app
