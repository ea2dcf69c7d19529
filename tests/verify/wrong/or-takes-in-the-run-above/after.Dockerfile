FROM debian:bookworm
RUN test -e /srv/custom && touch /srv/ready || touch /srv/default
