FROM debian:bookworm
RUN umask 077 && mkdir /srv/private && mkdir /srv/shared
