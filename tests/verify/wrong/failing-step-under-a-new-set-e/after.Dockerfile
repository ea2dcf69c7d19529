FROM debian:bookworm
RUN set -e; rm /srv/old.conf; touch /srv/new.conf
